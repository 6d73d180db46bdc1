/** The package has no types of its own. */
declare module 'parse-prometheus-text-format' {
  interface Family {
    readonly name: string;
    readonly metrics: readonly { readonly value: string; readonly labels?: Readonly<Record<string, string>> }[];
  }

  // biome-ignore lint/style/noDefaultExport: it is what the package has
  export default function parsePrometheusTextFormat(text: string): readonly Family[];
}
