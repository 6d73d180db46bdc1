// The package is a module of the new kind; `require` takes it as well.
const { serve } = require('srgit');

async function main() {
  const registry = await serve({ tree: process.argv[2] ?? 'schemas' });
  const answer = await fetch(`${registry.url}/subjects`);
  console.log(await answer.json());
  await registry.close();
}

main();
