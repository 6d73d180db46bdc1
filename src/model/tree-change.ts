/** What an export changed in a tree, told as facts about the registry: the source of commit messages and reports. */
export type TreeChange =
  | { readonly kind: 'subject-added' | 'subject-removed'; readonly subject: string; readonly versions: number }
  | {
      readonly kind:
        | 'version-added'
        | 'version-removed'
        | 'version-soft-deleted'
        | 'version-undeleted'
        /** Same version number, other content: the registry overwrote an immutable version. */
        | 'version-replaced'
        | 'version-amended';
      readonly subject: string;
      readonly version: number;
      readonly id: number;
    }
  | {
      readonly kind: 'compatibility' | 'mode' | 'config';
      /** Qualified subject, `:.ctx:`, or `''` for the registry's global level. */
      readonly subject: string;
      readonly from?: string;
      readonly to?: string;
    }
  | { readonly kind: 'context-added' | 'context-removed'; readonly context: string };
