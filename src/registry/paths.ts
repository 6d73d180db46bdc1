/** Paths of the registry's resources, percent-encoded, relative to the base URL. */
import { encodeSegment } from './request-target.ts';

/** Qualified subject → `/subjects/{s}/versions`. */
export function versionsPath(subject: string): string {
  return `/subjects/${encodeSegment(subject)}/versions`;
}

export function versionPath(subject: string, version: number | 'latest'): string {
  return `${versionsPath(subject)}/${version}`;
}

/** `''` is the registry's own level (`GET /config`); otherwise a qualified subject or a context (`:.ctx:`). */
export function levelPath(kind: 'config' | 'mode', level: string): string {
  return level === '' ? `/${kind}` : `/${kind}/${encodeSegment(level)}`;
}

/** A subject that no registry has: what is answered for its config and mode is what is answered for unset ones. */
export const ABSENT_SUBJECT = 'srgit-no-such-subject';
