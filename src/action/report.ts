/** What a command of the Action gives back: one account of it for summary, comment, annotations and outputs. */
import type { Annotation } from './annotations.ts';

export interface Report {
  /** Heading, as text: `Plan for prod`. */
  readonly title: string;
  /** Below the heading. Nothing of a schema is in it as markup. */
  readonly markdown: string;
  /** Something differs, or was changed: what `fail-on: changes` and the output `changed` are about. */
  readonly changed: boolean;
  /** For the output `summary`. */
  readonly counts: Readonly<Record<string, number | string | boolean>>;
  /** Why the step fails unless `fail-on` is never; one line. */
  readonly problem?: string | undefined;
  /** Fails the step whatever `fail-on` says. */
  readonly failure?: string | undefined;
  readonly annotations: readonly Annotation[];
  /** Absolute path of the tree, which the annotations' files are in. */
  readonly tree?: string | undefined;
  readonly commitSha?: string | undefined;
  /** Path of the saved plan. */
  readonly plan?: string | undefined;
  /** Path of the id map. */
  readonly idMap?: string | undefined;
  /** Number of the rolling pull request. */
  readonly pullRequest?: number | undefined;
}
