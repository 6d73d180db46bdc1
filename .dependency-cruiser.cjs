/** Direction of imports, as docs/architecture.md draws it: pure rooms <- doors <- app <- front ends. */
const PURE = ['model', 'schema', 'semantics', 'plan', 'records', 'render', 'site'];
const DOORS = ['registry', 'tree', 'git', 'kafka', 'archive', 'server', 'config'];
const room = (...names) => `^src/(${names.join('|')})/`;
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** Node modules that touch a file, the network, the clock or a process. node:crypto hashes are pure. */
const TOUCHES_WORLD =
  '^(node:)?(fs|fs/promises|net|http|https|http2|tls|dns|child_process|worker_threads|process|os|timers|timers/promises|readline|cluster)$';

module.exports = {
  forbidden: [
    rule('no-circular', 'A cycle means two rooms are one.', {}, { circular: true }),
    rule(
      'model-alone',
      'The model knows nobody.',
      { path: room('model') },
      { path: '^src/', pathNot: '^src/(model/|errors\\.ts)' },
    ),
    rule(
      'schema-below',
      'Languages know the model only.',
      { path: room('schema') },
      { path: '^src/', pathNot: '^src/(model/|schema/|errors\\.ts)' },
    ),
    rule(
      'semantics-below',
      'Semantics stands on model and schema.',
      { path: room('semantics') },
      { path: '^src/', pathNot: '^src/(model/|schema/|semantics/|errors\\.ts)' },
    ),
    rule(
      'records-below',
      'Records know the model only.',
      { path: room('records') },
      { path: '^src/', pathNot: '^src/(model/|records/|errors\\.ts)' },
    ),
    rule(
      'plan-below',
      'Plans stand on semantics.',
      { path: room('plan') },
      { path: '^src/', pathNot: '^src/(model/|schema/|semantics/|plan/|errors\\.ts)' },
    ),
    rule(
      'render-below',
      'Rendering stands on the pure rooms.',
      { path: room('render') },
      { path: '^src/', pathNot: `^src/(${PURE.join('|')})/|^src/errors\\.ts` },
    ),
    rule(
      'site-below',
      'The pages of the catalogue stand on the pure rooms.',
      { path: room('site') },
      { path: '^src/', pathNot: `^src/(${PURE.join('|')})/|^src/errors\\.ts` },
    ),
    rule(
      'pure-is-pure',
      'Files, network, clock and processes are passed in.',
      { path: room(...PURE) },
      { path: TOUCHES_WORLD },
    ),
    rule(
      'pure-no-clients',
      'Clients belong to doors.',
      { path: room(...PURE) },
      { path: 'node_modules/(undici|simple-git|fastify|kafkajs|yaml|@oclif|@actions)/' },
    ),
    ...DOORS.map((door) =>
      rule(
        `door-${door}`,
        'Doors do not import each other: app joins them.',
        { path: room(door) },
        {
          path: room(...DOORS.filter((other) => other !== door), 'app', 'library', 'cli', 'commands', 'action'),
        },
      ),
    ),
    rule(
      'app-below-front',
      'Use cases do not know the front ends.',
      { path: room('app') },
      { path: room('library', 'cli', 'commands', 'action') },
    ),
    rule(
      'library-below-front',
      'The library is use cases made small; it knows no front end.',
      { path: room('library') },
      { path: room('cli', 'commands', 'action') },
    ),
    rule(
      'commands-thin',
      'Commands speak to app, render and cli.',
      { path: room('commands') },
      { path: room('registry', 'tree', 'git', 'kafka', 'archive', 'server', 'plan', 'records', 'schema', 'semantics') },
    ),
    rule(
      'oclif-in-front',
      'Only commands and cli import oclif.',
      { path: '^src/', pathNot: room('commands', 'cli') },
      { path: 'node_modules/@oclif/' },
    ),
    rule(
      'actions-in-front',
      'Only the Action imports @actions.',
      { path: '^src/', pathNot: room('action') },
      { path: 'node_modules/@actions/' },
    ),
    rule(
      'action-beside-commands',
      'The Action calls app, not the command line.',
      { path: room('action') },
      { path: room('commands') },
    ),
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
};
