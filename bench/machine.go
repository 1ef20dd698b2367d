package bench

import (
	"fmt"
	"os"
	"runtime"
	"strings"
)

// Machine is what the figures depend on beside the code.
func Machine() string {
	load, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		load = []byte("not known")
	}
	return fmt.Sprintf("%d processors, load %s, %s", runtime.NumCPU(), strings.TrimSpace(string(load)), runtime.Version())
}
