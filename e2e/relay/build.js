// Writes out/ from src/: Babel puts what the compiler made in the place of each graphql`…`.
const { transformFileSync } = require('@babel/core');
const { cpSync, mkdirSync, readdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

cpSync(join(__dirname, 'src/__generated__'), join(__dirname, 'out/__generated__'), { recursive: true });
for (const name of readdirSync(join(__dirname, 'src')).filter((name) => name.endsWith('.js'))) {
  mkdirSync(join(__dirname, 'out'), { recursive: true });
  const plugins = [['relay', { eagerEsModules: false, artifactDirectory: join(__dirname, 'src/__generated__') }]];
  writeFileSync(join(__dirname, 'out', name), transformFileSync(join(__dirname, 'src', name), { plugins, babelrc: false, configFile: false, cwd: __dirname }).code);
}
