#!/usr/bin/python3
"""slow.py PORT BYTES_PER_SECOND: a slow line to a server on this machine. Prints the port that it listens on.

SIGUSR1 pulls the cable: connections break and new ones are refused at once. SIGUSR2 puts it back.
"""
import asyncio, signal, sys

target, rate = int(sys.argv[1]), float(sys.argv[2])
pulled = False
writers = set()
free = 0.0  # when the line is free again


async def pump(reader, writer, limited):
    global free
    loop = asyncio.get_running_loop()
    try:
        while data := await reader.read(16384):
            if limited:  # all connections share the line
                free = max(free, loop.time()) + len(data) / rate
                await asyncio.sleep(max(free - loop.time(), 0))
            writer.write(data)
            await writer.drain()
    except (OSError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()


async def serve(reader, writer):
    if pulled:
        writer.transport.abort()
        return
    try:
        up_reader, up_writer = await asyncio.open_connection('127.0.0.1', target)
    except OSError:
        writer.transport.abort()
        return
    writers.update((writer, up_writer))
    await asyncio.gather(pump(reader, up_writer, True), pump(up_reader, writer, False))
    writers.difference_update((writer, up_writer))


def pull(yes):
    global pulled
    pulled = yes
    if yes:
        for w in list(writers):
            w.transport.abort()


async def main():
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGUSR1, pull, True)
    loop.add_signal_handler(signal.SIGUSR2, pull, False)
    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
