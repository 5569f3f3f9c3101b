// In which language a file is written, by its name. Pure.

const BY_ENDING: ReadonlyMap<string, string> = new Map([
  ...each('bash', 'sh bash zsh ksh fish envrc'),
  ...each('c', 'c'),
  ...each('cmake', 'cmake'),
  ...each('cpp', 'h cc cpp cxx hh hpp hxx ino'),
  ...each('csharp', 'cs'),
  ...each('css', 'css pcss'),
  ...each('dart', 'dart'),
  ...each('diff', 'diff patch'),
  ...each('dockerfile', 'dockerfile containerfile'),
  ...each('elixir', 'ex exs'),
  ...each('go', 'go'),
  ...each('graphql', 'graphql gql'),
  ...each('haskell', 'hs'),
  ...each('ini', 'ini toml cfg conf properties service editorconfig gitconfig'),
  ...each('java', 'java'),
  ...each('javascript', 'js jsx mjs cjs'),
  ...each('json', 'json jsonc json5 webmanifest map ipynb'),
  ...each('kotlin', 'kt kts gradle'),
  ...each('less', 'less'),
  ...each('lua', 'lua'),
  ...each('makefile', 'mk mak makefile'),
  ...each('markdown', 'md markdown mdx'),
  ...each('nix', 'nix'),
  ...each('objectivec', 'm mm'),
  ...each('perl', 'pl pm'),
  ...each('php', 'php'),
  ...each('powershell', 'ps1 psm1'),
  ...each('protobuf', 'proto'),
  ...each('python', 'py pyi'),
  ...each('r', 'r'),
  ...each('ruby', 'rb rake gemspec'),
  ...each('rust', 'rs'),
  ...each('scala', 'scala sc'),
  ...each('scss', 'scss'),
  ...each('sql', 'sql'),
  ...each('swift', 'swift'),
  ...each('typescript', 'ts tsx mts cts'),
  ...each('xml', 'xml html htm xhtml svg vue svelte plist xsd'),
  ...each('yaml', 'yaml yml'),
])

const BY_NAME: ReadonlyMap<string, string> = new Map([
  ...each('bash', '.bashrc .profile .zshrc .env'),
  ...each('cmake', 'cmakelists.txt'),
  ...each('dockerfile', 'dockerfile containerfile'),
  ...each('ini', '.gitconfig .npmrc cargo.lock poetry.lock uv.lock'),
  ...each('makefile', 'makefile gnumakefile justfile'),
  ...each('ruby', 'gemfile rakefile vagrantfile'),
  ...each('json', 'composer.lock .babelrc'),
])

/** The highlighter's name of the language; `null` for plain text and for what nobody knows. */
export function languageOf(path: string): string | null {
  const name = (path.split('/').at(-1) ?? '').toLowerCase()
  const ending = name.includes('.') ? (name.split('.').at(-1) ?? '') : ''
  return BY_NAME.get(name) ?? BY_ENDING.get(ending) ?? (name.startsWith('dockerfile.') ? 'dockerfile' : null)
}

function each(language: string, names: string): [string, string][] {
  return names.split(' ').map((name) => [name, language])
}
