package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"text/tabwriter"
	"time"

	"tributary/assembly"
	"tributary/billing"
	"tributary/config"
	"tributary/loaders"
)

type checkCommand struct {
	Config string `help:"The configuration, a YAML file." placeholder:"FILE" required:""`
}

// finding is what a source answered to its harmless question.
type finding struct {
	took time.Duration
	err  error
}

// Run validates the file, asks each source and prints a table.
func (c checkCommand) Run(to streams) error {
	settings, err := config.Load(c.Config, os.LookupEnv)
	if err != nil {
		return usageError{err}
	}
	log := newLog(config.Log{Level: "error", Format: "text"}, to.err)
	slog.SetDefault(log) // what is wrong with Redis is in the table
	built, err := assembly.Build(c.Config, settings, sdl, time.Now, log)
	if err != nil {
		return err
	}
	defer built.Close()
	opened := built.Gateway.Portfolio.Sources.Sources()
	findings := probeAll(opened)
	table := tabwriter.NewWriter(to.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "SOURCE\tKIND\tRESULT\tTIME")
	faults := 0
	for i, source := range opened {
		result := "ok"
		if findings[i].err != nil {
			faults++
			result = findings[i].err.Error()
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%d ms\n", source.Name(), source.Kind(), result, findings[i].took.Milliseconds())
	}
	own := askOwn(built)
	for _, f := range own.failed {
		faults++
		fmt.Fprintf(table, "%s\t%s\t%s\t-\n", f.holding, f.kind, f.err)
	}
	if built.Redis != nil {
		begun := time.Now()
		result := "ok"
		if err := built.Redis.Check(context.Background()); err != nil {
			faults++
			result = err.Error()
		}
		fmt.Fprintf(table, "redis\t-\t%s\t%d ms\n", result, time.Since(begun).Milliseconds())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(to.out, "%d accounts\n", built.Directory.Current().Len())
	if own.asked > 0 {
		fmt.Fprintf(to.out, "%d holdings with credentials of their own, of which %d can be read\n", own.asked, own.asked-len(own.failed))
	}
	if faults > 0 {
		return fmt.Errorf("%d of the above failed", faults)
	}
	return nil
}

// probeAll asks all sources at once.
func probeAll(opened []*loaders.Source) []finding {
	findings := make([]finding, len(opened))
	var running sync.WaitGroup
	for i, source := range opened {
		prober, ok := source.Source.(billing.Prober)
		if !ok {
			continue
		}
		running.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
			defer cancel()
			begun := time.Now()
			findings[i].err = prober.Probe(ctx)
			findings[i].took = time.Since(begun)
		})
	}
	running.Wait()
	return findings
}
