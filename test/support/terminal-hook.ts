/** Loaded into the command line with `--import`: its standard streams say that they are a terminal, and stay pipes. */
Object.defineProperty(process.stdin, 'isTTY', { value: true });
Object.defineProperties(process.stderr, {
  isTTY: { value: true },
  columns: { value: 80 },
  getWindowSize: { value: () => [80, 24] },
});

export {};
