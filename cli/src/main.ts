import { Command, CommanderError } from 'commander'
import { exits, say } from './fault.ts'
import { type Output, output } from './output.ts'
import { version } from './version.ts'

/**
 * `rookery`, the one door. Each command is a module that is loaded when it is asked for: the door opens quickly, and a
 * command whose package is broken does not close it for the others.
 */
const program = new Command('rookery')
  .description('The open virtualization manager')
  .version(version, '-V, --version', 'show the version')
  .helpOption('-h, --help', 'show help')
  .showSuggestionAfterError()
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text) })
  .addHelpText('after', '\nStart with: ./rookery up\nExit codes are listed in cli/README.md.')

const dataDir = [
  '--data-dir <dir>',
  'where the instance lives (default /var/lib/rookery with root, or ROOKERY_DATA_DIR)',
] as const
const json = ['--json', 'print the result as one JSON document; progress goes to stderr'] as const

interface Common {
  dataDir?: string
  json?: boolean
}

let out: Output = output()
const labCommands = () => import('./commands/lab.ts').then(module => module.lab())

/** Runs a command's function and leaves with its code. */
function run<O extends Common>(work: (o: O, out: Output, rest: string[]) => Promise<number | void>) {
  return async (...args: unknown[]) => {
    const command = args.at(-1) as Command
    const o = command.optsWithGlobals<O>()
    out = output({ json: o.json ?? false })
    const code = await work(o, out, command.args)
    process.exitCode = code ?? exits.ok
  }
}

program
  .command('up')
  .description('set everything up and start it; a second time it changes nothing')
  .option('-y, --yes', 'install missing Debian packages without asking')
  .option('-d, --detach', 'return when everything runs, instead of staying in the foreground')
  .option(...dataDir)
  .option('--port <number>', 'port of console and API (default 8443)')
  .option('--listen <address>', 'address to listen at (default 127.0.0.1; 0.0.0.0 for all)')
  .option('--database <url>', 'use this PostgreSQL (15 or newer) instead of the embedded one; "embedded" goes back')
  .option('--accel <how>', 'auto, kvm or tcg (default auto)')
  .option('--simulate <number>', 'pretend this many hosts (default 0, without root 3)')
  .option('--fqdn <name>', "this machine's name as clients know it")
  .option('--organization <name>', 'the name in the certificates')
  .option(...json)
  .action(run(async (o, out) => (await import('./commands/up.ts')).upCommand(o, out)))

program
  .command('down')
  .description('stop engine, agent and database; VMs go on running')
  .option('--vms', 'shut the VMs down first')
  .option('--timeout <seconds>', 'with --vms: how long guests get before they are switched off (default 90)')
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, out) => (await import('./commands/down.ts')).downCommand(o, out)))

program
  .command('status')
  .description('show what runs; exit 0 healthy, 1 degraded, 3 not running')
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, out) => (await import('./commands/status.ts')).statusCommand(o, out)))

program
  .command('logs [component...]')
  .description('show the logs of all components or some, merged by time')
  .option('-f, --follow', 'go on showing new lines')
  .option('-n, --lines <number>', 'how many of the last lines (default 200)')
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, out, rest) => (await import('./commands/logs.ts')).logsCommand(rest, o, out)))

// Subcommands of `doctor` look at something special. They share its options, which stand before or behind their name.
const doctor = program.command('doctor')
doctor
  .command('invariants')
  .description(
    'compare database, agents, libvirt, storage and networks of a running instance; exit 1 when something differs',
  )
  .option('--apart <seconds>', 'time between the two looks (default 3)')
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, out) => (await import('./doctor/invariants/command.ts')).invariantsCommand(o, out)))
doctor
  .description('look for what is wrong with this machine and this instance; exit 1 when something blocks')
  .option('--lang <language>', 'en or ko (default from LC_ALL, LC_MESSAGES or LANG)')
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, out) => (await import('./commands/doctor.ts')).doctorCommand(o, out)))

program
  .command('dev')
  .description('engine, database and simulated hosts in the foreground, restarting when a source changes')
  .option('--port <number>', 'port of console and API (default 8443)')
  .option('--simulate <number>', 'how many hosts to pretend (default 3)')
  .option(...dataDir)
  .action(run(async (o, out) => (await import('./commands/dev.ts')).devCommand(o, out)))

program
  .command('test [suite...]')
  .description('run the tests: everything for CI, or unit, contract, lab, e2e, faults, conformance, long, scale, chaos')
  .option('-y, --yes', 'install missing Debian packages without asking (or ROOKERY_YES=1)')
  .option('--files <pattern...>', 'only test files whose path contains one of these')
  .option('--name <pattern>', 'only tests whose name matches')
  .option('--durations [count]', 'how long the slowest files and tests took (25)')
  .option('--list', 'show the files of each suite, run nothing')
  .option('--minutes <number>', 'chaos: how long things go wrong (default 30)')
  .option(
    '--seed <text>',
    'faults, chaos: what everything random is made of (default: always the same; with --kills or --real-kills a new one, printed)',
  )
  .option('--kills <number>', 'faults: kills with pretended hosts (default 12)')
  .option(
    '--real-kills <number>',
    'faults: kills on a real host (default 6; above 12 also at every step of every job there)',
  )
  .option(
    '--every-step',
    'faults: everybody is killed at every step of every job, with pretended hosts and on a real one (hours)',
  )
  .option(...json)
  .action(run(async (o, out, rest) => (await import('./commands/test.ts')).testCommand(rest, o, out)))

program
  .command('bench [name...]')
  .description('measure how fast this is: listing, tokens, power, transfer, events, footprint')
  .option('--quick', 'a tenth of the patience: to see that it works, not to quote')
  .option('--record', 'add the figures to bench/results/trend.ndjson instead of the data folder')
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, out, rest) => (await import('./commands/bench.ts')).benchCommand(rest, o, out)))

program
  .command('images [words...]')
  .description('guest images to try things with: build, list')
  .allowUnknownOption()
  .helpOption(false)
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, _out, rest) => (await import('./commands/images.ts')).images(rest, o)))

const lab = program
  .command('lab')
  .description('a data center on this machine: real hosts, each in namespaces of its own, on shared storage')
  .enablePositionalOptions()
lab
  .command('up')
  .description('make and start the hosts, and the instance if none runs; a second time it changes nothing')
  .option('--hosts <number>', 'how many hosts (default 3)')
  .option('--bare <number>', 'and how many machines with SSH and no agent, to add by hand (default 0)')
  .option('--leases', 'make the shared data domain with storage leases: no image is ever written to by two hosts')
  .option('-y, --yes', 'install missing Debian packages without asking')
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, out) => (await labCommands()).labUp(o, out)))
lab
  .command('list')
  .description('show the hosts; exit 0 when all are up')
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, out) => (await labCommands()).labList(o, out)))
lab
  .command('exec <host> [command...]')
  .description('run a command in a host: lab exec h1 -- virsh list')
  .passThroughOptions()
  .option(...dataDir)
  .action(run(async (o, _out, words) => (await labCommands()).labExec(o, words)))
lab
  .command('kill <host>')
  .description('pull the plug of a host')
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, out, [host = '']) => (await labCommands()).labKill(o, host, out)))
lab
  .command('start <host>')
  .description('switch a host on again')
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, out, [host = '']) => (await labCommands()).labStart(o, host, out)))
lab
  .command('partition <host>')
  .description('cut a host off from the network; its storage stays')
  .option('--from <names...>', 'only from these: names of hosts, or engine')
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, out, [host = '']) => (await labCommands()).labPartition(o, host, out)))
lab
  .command('heal <host>')
  .description('take back what "partition" did')
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, out, [host = '']) => (await labCommands()).labHeal(o, host, out)))
lab
  .command('down')
  .description('switch everything off; the hosts keep what is on their disks')
  .option('--remove', 'remove the hosts with all that is on their disks and on the shared storage')
  .option(...dataDir)
  .option(...json)
  .action(run(async (o, out) => (await labCommands()).labDown(o, out)))

try {
  await program.parseAsync(process.argv)
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exits.ok : exits.usage
  else {
    const said = say(error)
    process.stderr.write(`\nrookery: ${said.message}\n${said.todo ? `  ${said.todo}\n` : ''}`)
    if (out.json)
      process.stdout.write(
        `${JSON.stringify({ error: { code: said.code, message: said.message, todo: said.todo } }, null, 2)}\n`,
      )
    process.exitCode = said.exit
  }
}
