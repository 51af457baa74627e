package proxyfind

import (
	"context"
	"errors"
	"net/url"
	"unsafe"

	"golang.org/x/sys/windows"

	"inboxuploader/internal/crash"
)

var (
	winhttp      = windows.NewLazySystemDLL("winhttp.dll")
	userConfig   = winhttp.NewProc("WinHttpGetIEProxyConfigForCurrentUser")
	machineProxy = winhttp.NewProc("WinHttpGetDefaultProxyConfiguration")
	detectScript = winhttp.NewProc("WinHttpDetectAutoProxyConfigUrl")
	globalFree   = windows.NewLazySystemDLL("kernel32.dll").NewProc("GlobalFree")
)

// Flags of WinHttpDetectAutoProxyConfigUrl (winhttp.h).
const (
	detectDHCP = 1
	detectDNS  = 2
)

// take returns a text that WinHTTP has allocated, and frees it.
func take(p *uint16) string {
	if p == nil {
		return ""
	}
	text := windows.UTF16PtrToString(p)
	_, _, _ = globalFree.Call(uintptr(unsafe.Pointer(p)))
	return text
}

func readSystem(context.Context, *url.URL) (system, error) {
	var w windowsSettings
	var user struct { // WINHTTP_CURRENT_USER_IE_PROXY_CONFIG
		autoDetect            int32
		script, proxy, bypass *uint16
	}
	if userConfig.Find() != nil {
		return system{}, errors.New("proxyfind: no WinHTTP")
	}
	if ok, _, _ := userConfig.Call(uintptr(unsafe.Pointer(&user))); ok != 0 {
		w.AutoDetect = user.autoDetect != 0
		w.Script, w.Proxy, w.Bypass = take(user.script), take(user.proxy), take(user.bypass)
	}
	var machine struct { // WINHTTP_PROXY_INFO
		access        uint32
		proxy, bypass *uint16
	}
	if ok, _, _ := machineProxy.Call(uintptr(unsafe.Pointer(&machine))); ok != 0 {
		w.MachineProxy, w.MachineBypass = take(machine.proxy), take(machine.bypass)
	}
	return w.system(), nil
}

// discover asks Windows where the network's script is, by DHCP and the name service. Windows can't
// be hurried: a call that takes too long ends on a goroutine of its own.
func discover(ctx context.Context) (string, error) {
	found := make(chan string, 1)
	go func() {
		defer crash.Catch()
		var address *uint16
		_, _, _ = detectScript.Call(detectDHCP|detectDNS, uintptr(unsafe.Pointer(&address)))
		found <- take(address)
	}()
	select {
	case address := <-found:
		return address, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
