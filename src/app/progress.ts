/** How use cases tell what they are doing; the front end decides how to show it. */
export interface Progress {
  /** What is being done, as a short phrase: "reading subjects". */
  readonly phase: string;
  readonly done: number;
  /** Absent while it is not known. */
  readonly total?: number | undefined;
}

export type OnProgress = (progress: Progress) => void;
