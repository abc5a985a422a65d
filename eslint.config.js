import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import js from '@eslint/js';
import graphql from '@graphql-eslint/eslint-plugin';
import { defineConfig, globalIgnores } from 'eslint/config';
import prettier from 'eslint-config-prettier';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

const shared = [
  'iso15118',
  'service',
  'pki',
  'database',
  'events',
  'expiry',
  'audit',
  'revocation',
  'cleansing',
  'identity',
  'graph',
  'trust',
];

/**
 * Which of our packages a package may import: imports go one way. `*` is all of them. Every folder with a
 * package of ours stands here once; the rules below are made from this table alone.
 */
const mayImport = {
  'packages/iso15118': [],
  'packages/service': [],
  'packages/pki': ['service'],
  'packages/database': ['service'],
  'packages/identity': ['database', 'service', 'audit'],
  'packages/events': ['database', 'service'],
  'packages/audit': ['database', 'service'],
  'packages/expiry': ['database', 'service'],
  'packages/revocation': ['pki', 'database', 'service'],
  'packages/cleansing': ['pki', 'database', 'service', 'revocation'],
  'packages/graph': ['identity', 'service', 'iso15118', 'pki', 'audit'],
  'packages/trust': ['pki', 'events', 'database', 'graph', 'identity', 'service'],
  'subgraphs/rcp': shared,
  'subgraphs/pcp': shared,
  'subgraphs/cps': shared,
  'subgraphs/ccp': shared,
  'subgraphs/identity': shared,
  gateway: shared,
  cli: '*',
  test: '*',
};

const unlisted = ['packages', 'subgraphs']
  .flatMap((parent) => readdirSync(join(import.meta.dirname, parent)).map((name) => `${parent}/${name}`))
  .filter(
    (folder) => existsSync(join(import.meta.dirname, folder, 'package.json')) && !(folder in mayImport),
  );
if (unlisted.length > 0) {
  throw new Error(`Say in eslint.config.js what may be imported by ${unlisted.join(', ')}.`);
}

/** What an import of `folder` may not name, as `no-restricted-imports` wants it. */
function forbiddenPackages(folder) {
  const allowed = mayImport[folder];
  if (allowed === '*') return [];
  const own = folder.split('/').at(-1);
  return [
    {
      regex: `^@chargegraph/(?!(?:${allowed.join('|') || '-'})(?:/|$))`,
      message: `${own} may import ${allowed.length === 0 ? 'none of our packages' : `only ${allowed.join(', ')}`} (DESIGN: imports go one way).`,
    },
  ];
}

/** The rules of a pool know neither GraphQL nor how things are stored. */
const forbiddenInDomain = [
  {
    regex: '^(?:graphql|graphql-.*|@graphql-.*|@apollo/.*|@prisma/.*|dataloader|pg)(?:/|$)',
    message: "A pool's rules know neither GraphQL nor the database: put it into resolvers/ or store/.",
  },
  {
    regex: '^\\.\\.?/(?:.*/)?(?:generated|store|resolvers|pools|operations)(?:/|$)',
    message: "A pool's rules stand below resolvers/ and store/: declare an interface in domain/ instead.",
  },
];

const importRules = Object.keys(mayImport).flatMap((folder) => [
  {
    name: `chargegraph/imports of ${folder}`,
    files: [`${folder}/**/*.{ts,tsx}`],
    rules: {
      'no-restricted-imports': ['error', { patterns: forbiddenPackages(folder) }],
      'import-x/no-relative-packages': 'error',
    },
  },
  ...(folder.startsWith('subgraphs/')
    ? [
        {
          name: `chargegraph/imports of the rules of ${folder}`,
          files: [`${folder}/src/domain/**/*.ts`],
          rules: {
            'no-restricted-imports': [
              'error',
              { patterns: [...forbiddenPackages(folder), ...forbiddenInDomain] },
            ],
          },
        },
      ]
    : []),
]);

/** `import()` of a package is no import statement: the same table again, by the folder it resolves to. */
const restrictedZones = Object.entries(mayImport)
  .filter(([, allowed]) => allowed !== '*')
  .map(([folder, allowed]) => ({
    target: `./${folder}`,
    from: Object.keys(mayImport)
      .filter(
        (other) =>
          other !== folder && !(other.startsWith('packages/') && allowed.includes(other.split('/').at(-1))),
      )
      .map((other) => `./${other}`),
    message: 'Imports go one way (DESIGN).',
  }));

/** Types that a pool's schema only points at, or only adds to: their owner describes them. */
const stub = 'ObjectTypeDefinition:has(Directive > Argument[name.value=resolvable])';
const extended = {
  'ccp.graphql': 'ObjectTypeDefinition[name.value=ProvisioningCertificate]',
  'cps.graphql': 'ObjectTypeDefinition[name.value=RootCertificate]',
};

/** A rule of graphql-eslint by its short name. */
const graphqlRules = (rules) =>
  Object.fromEntries(Object.entries(rules).map(([name, entry]) => [`@graphql-eslint/${name}`, entry]));

const described = (...foreign) =>
  graphqlRules({
    'require-description': [
      'error',
      {
        types: true,
        DirectiveDefinition: true,
        FieldDefinition: true,
        InputValueDefinition: true,
        EnumValueDefinition: true,
        ignoredSelectors: [stub, ...foreign].flatMap((type) => [
          type,
          `:matches(${type} > FieldDefinition[name.value=id])`,
        ]),
      },
    ],
  });

const graphqlLanguage = {
  parser: graphql.parser,
  // The plugin keeps the first configuration it meets for the whole run, so there is one for all files.
  parserOptions: {
    graphQLConfig: {
      schema: join(import.meta.dirname, 'schema/supergraph.graphql'),
      documents: ['subgraphs/*', 'gateway'].map((folder) =>
        join(import.meta.dirname, folder, 'src/operations/*.graphql'),
      ),
    },
  },
};

const graphqlConfigs = [
  {
    name: 'chargegraph/schemas',
    files: ['schema/*.graphql'],
    ignores: ['schema/supergraph.graphql'],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: graphqlLanguage,
    rules: {
      ...described(),
      ...graphqlRules({
        'naming-convention':
          graphql.configs['flat/schema-recommended'].rules['@graphql-eslint/naming-convention'],
        'input-name': ['error', { checkInputType: true, caseSensitiveInputType: false }],
        'no-hashtag-description': 'error',
        'no-scalar-result-type-on-mutation': 'error',
        'no-typename-prefix': 'error',
        'no-unreachable-types': 'error',
        'require-deprecation-reason': 'error',
        'relay-arguments': 'error',
        'relay-connection-types': 'error',
        // Lists of other things than edges are fine, and no entity implements Node yet.
        'relay-edge-types': ['error', { shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
        'relay-page-info': 'error',
      }),
    },
  },
  ...Object.entries(extended).map(([file, type]) => ({
    name: `chargegraph/foreign types of ${file}`,
    files: [`schema/${file}`],
    rules: described(type),
  })),
  {
    name: 'chargegraph/operations',
    files: ['subgraphs/*/src/operations/*.graphql', 'gateway/src/operations/*.graphql'],
    plugins: { '@graphql-eslint': graphql },
    languageOptions: graphqlLanguage,
    rules: {
      ...graphql.configs['flat/operations-recommended'].rules,
      ...graphqlRules({
        'match-document-filename': ['error', { query: 'kebab-case', mutation: 'kebab-case' }],
        'lone-executable-definition': 'error',
        // Nothing caches these answers by id.
        'require-selections': 'off',
        // Two pools may ask the same: each compiles its own operations.
        'unique-operation-name': 'off',
      }),
    },
  },
];

export default defineConfig(
  globalIgnores([
    '**/node_modules/',
    '**/dist/',
    '**/generated/',
    '**/coverage/',
    'chargegraph-data/',
    '.chargegraph/',
  ]),
  {
    name: 'chargegraph/no idle disable comments',
    linterOptions: { reportUnusedDisableDirectives: 'error' },
  },

  {
    name: 'chargegraph/javascript',
    files: ['**/*.{js,mjs}'],
    extends: [js.configs.recommended],
    languageOptions: {
      globals: { console: 'readonly', process: 'readonly', URL: 'readonly' },
    },
  },

  {
    name: 'chargegraph/typescript',
    files: ['**/*.{ts,tsx}'],
    extends: [
      js.configs.recommended,
      tseslint.configs.strictTypeChecked,
      tseslint.configs.stylisticTypeChecked,
    ],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    settings: {
      'import-x/extensions': ['.ts'],
      'import-x/resolver-next': [
        createTypeScriptImportResolver({
          project: 'tsconfig.json',
          conditionNames: ['chargegraph-source', 'types', 'node', 'import', 'default'],
        }),
      ],
    },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-duplicates': ['error', { 'prefer-inline': true }],
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones: restrictedZones }],
      'no-console': 'error',
      // GraphQL knows one absent value, JavaScript two: `== null` asks for both.
      eqeqeq: ['error', 'always', { null: 'ignore' }],

      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],

      // A number has one text that nobody can mistake; anything else in a template stays an error.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Naming a property beside `...rest` is how it is left out.
      '@typescript-eslint/no-unused-vars': ['error', { ignoreRestSiblings: true }],
      // `createX<Context>({ … })` has the compiler check what the caller builds, though C stands there once.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      // `void certificate.curve` reads what is parsed at its first use, for the error that it may throw.
      '@typescript-eslint/no-meaningless-void-operator': 'off',
    },
  },

  {
    name: 'chargegraph/tests',
    files: ['**/*.test.ts', '**/*.fixture.ts', '**/testing/**/*.ts', 'test/**/*.ts'],
    rules: {
      // vitest types its matchers (`expect.any(String)`) as any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      // What a harness returns is taken apart (`const { log, add } = await create(5)`); its functions are closures.
      '@typescript-eslint/unbound-method': 'off',
      // `expect(() => parse(bytes)).toThrow()` says it best in one line.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },

  {
    name: 'chargegraph/programs',
    files: ['cli/**/*.ts', 'scripts/**/*.ts', 'test/soak/*.ts', 'test/{drain,order}/run.ts'],
    rules: {
      // They speak to a terminal.
      'no-console': 'off',
    },
  },

  ...graphqlConfigs,
  ...importRules,
  {
    name: 'chargegraph/imports of scripts',
    files: ['scripts/**/*.ts'],
    rules: {
      // Scripts run before anything is generated: of ours they may load only what needs none of it.
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^@chargegraph/', message: 'Scripts import no package of ours by name.' },
            {
              regex: '^\\.\\./(?!packages/(graph/src/sdl|identity/src/rights-table)\\.ts$)',
              message: 'Of our packages, scripts import the schemas and the table of rights only.',
            },
          ],
        },
      ],
    },
  },
  prettier,
);
