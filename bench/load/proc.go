package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// cpu is the processor time of a process so far. The nanoseconds of its threads
// are added up, since the process's own count is in hundredths of a second.
func cpu(id int) (time.Duration, error) {
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", id))
	if err != nil {
		return 0, err
	}
	var sum time.Duration
	for _, file := range files {
		text, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return 0, err
		}
		var onCPU int64
		if _, err := fmt.Fscan(bytes.NewReader(text), &onCPU); err != nil {
			return 0, fmt.Errorf("%s: %w", file, err)
		}
		sum += time.Duration(onCPU)
	}
	if sum == 0 {
		return 0, fmt.Errorf("process %d has no processor time in /proc", id)
	}
	return sum, nil
}

// resetPeak has the peak of a process's memory start at what it has now.
func resetPeak(id int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", id), []byte("5"), 0o200)
}

// peak is the most memory, in bytes, that a process has had.
func peak(id int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", id))
	if err != nil {
		return 0, err
	}
	_, rest, _ := bytes.Cut(text, []byte("VmHWM:"))
	var kilobytes int64
	if _, err := fmt.Fscan(bytes.NewReader(rest), &kilobytes); err != nil {
		return 0, fmt.Errorf("the peak of process %d: %w", id, err)
	}
	return kilobytes << 10, nil
}
