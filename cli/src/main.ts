#!/usr/bin/env node
import { cac } from 'cac';
import { ConfigurationError } from '@chargegraph/service';
import { explain } from './explain.ts';

// Apollo's libraries report usage unless told not to; this process never does.
process.env['APOLLO_TELEMETRY_DISABLED'] = '1';
process.env['NODE_ENV'] ??= 'production';

const program = cac('chargegraph');

program
  .command('demo', 'Play the whole Plug & Charge story on an ecosystem of its own, then clean up')
  .action(async () => {
    const { runDemo } = await import('./demo/run.ts');
    process.exitCode = await runDemo();
  });

program
  .command('start', 'Run the whole ecosystem in this process, on an embedded PostgreSQL')
  .option('--data <folder>', 'Where everything is kept', { default: './chargegraph-data' })
  .option('--host <address>', 'Address to listen on', { default: '127.0.0.1' })
  .option('--port <port>', 'Port of the one door', { default: 4000 })
  .option('--health-port <port>', 'Port of /live and /ready; none without it')
  .option('--issuer <url>', 'Public address, the issuer of access tokens')
  .option('--demo', 'Make a demo PKI and a client for each party')
  .option('--restored', 'The folder was put back from a backup: cursors given since then are refused')
  .action(async (options: Record<string, unknown>) => {
    const { runStart } = await import('./start/run.ts');
    await runStart(options);
  });

program.command('migrate', 'Bring the database schemas up to date').action(async () => {
  const { runMigrate } = await import('./distributed/migrate.ts');
  await runMigrate(process.env);
});

program
  .command('restored', 'Say that the database was put back from a backup: older cursors are refused')
  .action(async () => {
    const { runRestored } = await import('./distributed/restored.ts');
    await runRestored(process.env);
  });

program.command('gateway', 'Run a gateway process').action(async () => {
  const { runGateway } = await import('./distributed/gateway.ts');
  await runGateway(process.env);
});

program
  .command('subgraph <pool>', 'Run one pool (rcp, pcp, ccp or cps) as a process')
  .action(async (pool: string) => {
    const { runSubgraph } = await import('./distributed/subgraph.ts');
    await runSubgraph(pool, process.env);
  });

program
  .command('client <action> [id]', 'Manage clients: add, list, rotate-secret, disable or enable')
  .usage(
    `client <action> …, on the database of CHARGEGRAPH_DATABASE_URL

  client add --name <name> --organisation <name> --role <role> …   prints the id and, once, the secret of a new one
  client list [--organisation <name>] [--role <role>] … [--json]   prints a table, or one JSON object a line
  client rotate-secret <id>    prints a new secret, once; the old one ends at once
  client disable <id>          shuts it out within seconds
  client enable <id>           lets it in again`,
  )
  .option('--id <id>', 'add: client id; made when absent')
  .option('--name <name>', 'add: for humans')
  .option('--organisation <name>', 'add: who its WMIs and provider ids belong to; list: of this one only')
  .option('--role <role>', 'OEM, MO, MO_EXTERNAL_PKI, MO_V2G_PKI, CPO, CPS or OPERATOR; repeat for several')
  .option('--wmi <wmi>', 'World manufacturer identifier; repeat for several')
  .option('--provider-id <id>', 'Provider id; repeat for several')
  .option('--enabled', 'list: enabled ones only')
  .option('--disabled', 'list: disabled ones only')
  .option('--json', 'list: one JSON object a line')
  .action(async () => {
    const { runClient } = await import('./clients/run.ts');
    // As they were typed: the parser takes a WMI like 012 or 1E5 for a number.
    await runClient(process.argv.slice(process.argv.indexOf('client') + 1), process.env);
  });

program
  .command(
    'audit <action>',
    '`audit verify` recomputes the audit chains of all pools; exit code 1 when one is broken',
  )
  .option('--expect <pool:position:hash>', 'A sealed head noted earlier; repeat for several')
  .option('--json', 'One JSON object a pool')
  .action(async (action: string, options: Record<string, unknown>) => {
    const { runAudit } = await import('./audit/run.ts');
    process.exitCode = await runAudit(action, options, process.env, (line) => {
      process.stdout.write(`${line}\n`);
    });
  });

program
  .command('cleanse', 'Remove what has ended or was revoked from the pools of CHARGEGRAPH_DATABASE_URL now')
  .option('--dry-run', 'Only say what would be removed by what is known; asks nobody, writes nothing')
  .option('--pool <pool>', 'rcp, pcp, ccp or cps alone; repeat for several')
  .option('--json', 'One JSON object a pool')
  .action(async (options: Record<string, unknown>) => {
    const { runCleanse } = await import('./cleanse/run.ts');
    process.exitCode = await runCleanse(options, process.env);
  });

program
  .command('signer <action>', 'Manage the signers of a running gateway: signer add, retire or list')
  .option('--url <url>', 'Where the gateway is; the client is CHARGEGRAPH_CLIENT_ID, …_CLIENT_SECRET')
  .option('--certificate <file>', 'add: the signing certificate in PEM; its issuers may follow it')
  .option('--chain <file>', 'add: its sub-CAs in PEM; repeat for several files')
  .option('--key <file>', 'add: its private key in PEM, put into the key store CHARGEGRAPH_KEYS first')
  .option('--key-reference <name>', "add: the key's name in the key store")
  .option('--namespace <name>', 'add, retire: ISO15118_2 or ISO15118_20')
  .option('--default', 'add: make it the default of its namespace')
  .option('--id <id>', 'retire: the signer')
  .option('--fingerprint <sha256>', 'retire: the signer by its certificate, with --namespace')
  .option('--reason <text>', 'retire: why')
  .option('--new-default <id>', 'retire: the signer that becomes the default')
  .action(async (action: string, options: Record<string, unknown>) => {
    const { runSigner } = await import('./signers/run.ts');
    await runSigner(action, options, process.env);
  });

program
  .command('exi <action>', 'decode, encode, fragment or verify: one JSON object a line from stdin to stdout')
  .action(async (action: string) => {
    const { isExiCommand, runExi } = await import('./exi/index.ts');
    if (!isExiCommand(action)) throw new ConfigurationError('exi takes decode, encode, fragment or verify.');
    await runExi(action, process.stdin, process.stdout);
  });

program.help();
program.version('0.1.0');

try {
  const parsed = program.parse(process.argv, { run: false });
  if (
    program.matchedCommand === undefined &&
    parsed.options['help'] !== true &&
    parsed.options['version'] !== true
  ) {
    if (parsed.args[0] !== undefined)
      throw new ConfigurationError(`There is no command "${parsed.args[0]}".`);
    program.outputHelp();
  } else {
    await program.runMatchedCommand();
  }
} catch (error) {
  // Whatever a server had opened by then, connections that would keep it running among it, ends with it.
  process.stderr.write(`${explain(error)}\n`, () => process.exit(1));
}
