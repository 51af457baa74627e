#!/usr/bin/python3
"""answers.py PID SAID TEXT: ask a window with SIGUSR2 where its widgets are, which its own thread answers by a line in the file SAID,
again and again until a line there has TEXT. Prints the longest wait and the 99th percentile."""
import os, signal, sys, time

pid, said, text = int(sys.argv[1]), open(sys.argv[2]), sys.argv[3]
said.seek(0, 2)
waits, done, rest = [], False, ''
end = time.monotonic() + 120
while not done and time.monotonic() < end:
    asked = time.monotonic()
    os.kill(pid, signal.SIGUSR2)
    answered = False
    while not answered and time.monotonic() - asked < 10:
        rest += said.read()
        *lines, rest = rest.split('\n')
        for line in lines:
            answered = answered or '"event":"where"' in line
            done = done or text in line
        time.sleep(0.0005)
    waits.append(time.monotonic() - asked)
    time.sleep(0.01)
waits.sort()
print(f'{waits[-1] * 1000:.0f} ms (of {len(waits)}; 99 % within {waits[len(waits) * 99 // 100] * 1000:.0f} ms)')
