// The devDependency `node` puts Node 24 on npm's PATH. Without its install script (npm ci --ignore-scripts) the
// system's Node would run the tests unnoticed.
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `Node ${process.versions.node} runs this, but 24 is needed: run \`npm ci\` (with install scripts) first.`,
  );
  process.exit(1);
}
