// Package assembly builds a gateway out of its configuration.
package assembly

import (
	"context"
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/access"
	"tributary/accounts"
	"tributary/answers"
	"tributary/billing"
	"tributary/cache"
	"tributary/config"
	"tributary/gateway"
	"tributary/graph"
	"tributary/ledger"
	"tributary/loaders"
	"tributary/portfolio"
	"tributary/quota"
	"tributary/sealing"
	"tributary/secrets"
	"tributary/sources"
	"tributary/sources/upstream"
	"tributary/web"
	"tributary/writes"
)

// Assembly is a gateway and what it stands on.
type Assembly struct {
	Gateway   *gateway.Gateway
	Directory *accounts.Store
	Redis     *cache.Redis // nil where there is none

	cache   *cache.Cache
	answers *answers.Cache // nil where none are kept
	quotas  *quota.Governor
	ledger  *ledger.Ledger
	store   redis.UniversalClient // of the ledger; nil where there is none
	asked   redis.UniversalClient // by operations on their way; nil where there is none
	sources []*loaders.Source
	secrets *secrets.Files
	edge    edge
}

// Invalid is a configuration that cannot be used. It wraps config.Problems.
type Invalid struct{ error }

// Unwrap gives the problems.
func (e Invalid) Unwrap() error { return e.error }

// Drain has the gateway say that it is about to end, and begin no refreshes that
// nobody waits for.
func (a *Assembly) Drain() {
	a.Gateway.Ready.Drain()
	a.cache.StopRefreshing()
}

// Close ends what runs in the background and hangs up.
func (a *Assembly) Close() {
	if a.Gateway != nil {
		a.Gateway.Wait()
	}
	a.edge.close()
	a.ledger.Close()
	if a.answers != nil {
		a.answers.Close()
	}
	if a.store != nil {
		a.store.Close()
		a.asked.Close()
	}
	a.cache.Close()
	if a.Redis != nil {
		a.Redis.Close()
	}
	for _, source := range a.sources {
		if open, ok := source.Source.(interface{ Close() }); ok {
			open.Close()
		}
	}
}

// Build assembles the gateway of a configuration, read from file: "" for one
// that no file holds. sdl is
// the schema's text, now its clock. The error is Invalid where the configuration is at fault.
func Build(file string, settings *config.Config, sdl string, now func() time.Time, log *slog.Logger) (*Assembly, error) {
	secret := secretOf(settings)
	a := &Assembly{secrets: &secrets.Files{Folder: filepath.Dir(file)}}
	if settings.Redis != nil {
		if err := a.openRedis(settings.Redis); err != nil {
			return nil, Invalid{err}
		}
	}
	a.quotas = quota.New(a.asked, quota.Options{Timeout: redisWait, Log: log, Now: now})
	opened, err := a.openSources(settings, secret, now)
	if err != nil {
		return nil, Invalid{err}
	}
	directory, err := a.openDirectory(file, settings, opened, log)
	if err != nil {
		return nil, Invalid{err}
	}
	a.Directory, a.sources = directory, opened
	if isGuessable(settings) {
		log.Warn("no credential of the configuration goes into the key of cursors and fingerprints; set secret, which may stand in a file")
	}
	a.ledger = ledger.New(a.store, sealOf(settings.Redis))
	a.cache = cache.New(cache.Options{Memory: uint64(settings.Cache.Memory), Redis: a.Redis, Now: now}) // #nosec G115 -- at least 1MiB, or the configuration is refused
	set, err := loaders.NewSet(opened, a.cache, sources.DetailsTypes(), directory.Current)
	if err != nil {
		return nil, err
	}
	a.Gateway = &gateway.Gateway{
		Portfolio: &portfolio.Portfolio{
			Directory: directory.Current,
			Sources:   set,
			Cursors:   portfolio.Cursors{Key: secret},
			ScanLimit: settings.Lists.ScanLimit,
		},
		SDL:      sdl,
		GraphiQL: web.GraphiQL(),
		Ready:    &gateway.Readiness{Sources: opened},
		Metrics:  gateway.NewMetrics(),
		Log:      log,
	}
	if err := a.openEdge(a.Gateway, file, settings, graph.NewExecutableSchema(graph.Config{}).Schema(), log); err != nil {
		a.Close()
		return nil, Invalid{err}
	}
	a.Gateway.Writes = writes.New(&writes.Writer{
		Sources:   set,
		Ledger:    a.ledger,
		Canonical: func(ref billing.Ref) billing.Ref { return directory.Current().Canonical(ref) },
		Secret:    secret,
		Sees: func(ctx context.Context, ref billing.Ref) bool {
			return directory.Current().Sees(access.From(ctx), ref)
		},
		RequestID: gateway.RequestID,
		Observe:   a.Gateway.Metrics.ObserveWrite,
		Log:       log,
	})
	if settings.Cache.Answers.Enabled {
		a.answers = answers.New(answers.Options{Memory: uint64(settings.Cache.Answers.Memory), Now: now, Serves: func() bool { return !a.cache.IsDeaf() }}) // #nosec G115 -- as above
		a.cache.OnDrop(a.answers.Drop)
		a.Gateway.Answers = a.answers
		a.Gateway.Metrics.WatchAnswers(a.answers)
	}
	a.Gateway.Metrics.WatchSources(opened)
	if a.Redis != nil {
		a.Gateway.Ready.PingRedis = a.Redis.Ping
		a.Gateway.Metrics.WatchCounter("tributary_redis_faults_total", "Look-ups and writes that Redis did not answer.", a.Redis.Faults)
		a.Gateway.Metrics.WatchCounter("tributary_redis_unacknowledged_total", "Changes that not every replica said in time to have heard of.", a.cache.Unacknowledged)
		a.Gateway.Metrics.WatchGauge("tributary_redis_hears_drops", "1 where the changes that other replicas make are heard of, 0 where they may be missed at present.", a.hearsDrops)
		a.Gateway.Metrics.WatchCounter("tributary_quota_redis_faults_total", "Questions about sources' quotas that Redis did not answer.", a.quotas.Faults)
		a.Gateway.Metrics.WatchCounter("tributary_audit_lost_total", "Writes that the audit stream in Redis does not have.", a.ledger.Lost)
	}
	return a, nil
}

func (a *Assembly) hearsDrops() float64 {
	if a.cache.IsDeaf() {
		return 0
	}
	return 1
}

// openSources opens all, and tells the faults of all.
func (a *Assembly) openSources(settings *config.Config, secret []byte, now func() time.Time) ([]*loaders.Source, error) {
	var opened []*loaders.Source
	var faults []error
	for _, written := range settings.Sources {
		source, policy, err := sources.Open(written, upstream.Options{
			Secret: secretFor(written, secret), Now: now,
			Files: a.secrets, Own: a.ownCredentials(written.Name), Governor: a.quotas,
		})
		if err != nil {
			faults = append(faults, err)
			continue
		}
		opened = append(opened, &loaders.Source{Source: source, Policy: policy})
	}
	return opened, config.Join(faults...)
}

func (a *Assembly) openDirectory(file string, settings *config.Config, opened []*loaders.Source, log *slog.Logger) (*accounts.Store, error) {
	byName := accounts.Sources{}
	for _, source := range opened {
		byName[source.Name()] = authorised{source, a.secrets}
	}
	return accounts.NewStore(accounts.Origin{
		ConfigFile: file,
		Accounts:   settings.Accounts,
		Sources:    byName,
		Env:        os.LookupEnv,
	}, log)
}

// ledgerTimeout bounds a round trip for a write, which is worth a longer wait
// than a look into the cache.
const ledgerTimeout = 500 * time.Millisecond

// openRedis opens the cache's tier, the ledger's store and what operations ask.
func (a *Assembly) openRedis(settings *config.Redis) error {
	written, err := redisConfig(settings)
	if err != nil {
		return err
	}
	if a.store, err = written.Open(ledgerTimeout); err != nil {
		return err
	}
	if a.asked, err = written.Open(redisWait); err != nil {
		return err
	}
	if a.Redis, err = cache.OpenRedis(written); err != nil {
		return err
	}
	a.Redis.Share(a.asked)
	return nil
}

func redisConfig(settings *config.Redis) (cache.RedisConfig, error) {
	written := cache.RedisConfig{
		URL:      settings.URL,
		Addrs:    settings.Addrs,
		Master:   settings.Master,
		Username: settings.Username,
		Password: settings.Password,
		Timeout:  settings.Timeout,
		Seal:     settings.Encryption.Ring,
	}
	if settings.TLS != nil {
		transport, err := tlsOf(settings.TLS)
		if err != nil {
			return written, err
		}
		written.TLS = transport
	}
	return written, nil
}

// sealOf is what encrypts values in Redis; nil where nothing does.
func sealOf(settings *config.Redis) *sealing.Ring {
	if settings == nil {
		return nil
	}
	return settings.Encryption.Ring
}

// TLS is how the listener speaks TLS; nil where it does not.
func (a *Assembly) TLS() *tls.Config {
	if a.edge.tls == nil {
		return nil
	}
	return a.edge.tls.Config()
}

// Follow reloads the directory when its file changes, and it and all other files
// at each signal of reload, until ctx ends. A broken edit is in the log and leaves
// what is in force as it was.
func (a *Assembly) Follow(ctx context.Context, reload <-chan os.Signal) {
	var watching sync.WaitGroup
	defer watching.Wait()
	watching.Go(func() { a.edge.persisted.Watch(ctx) })
	watching.Go(func() { a.Directory.Watch(ctx) })
	watching.Go(func() { a.quotas.Listen(ctx) })
	for {
		select {
		case <-ctx.Done():
			return
		case <-reload:
			// Faults are in the log.
			a.secrets.Reload()
			_ = a.Directory.Reload()
			a.edge.reload()
		}
	}
}
