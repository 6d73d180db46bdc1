import { describe } from 'vitest';
import { playStory } from './client-story.ts';
import { JAVA } from './clients.ts';

describe(JAVA.name, () => playStory(JAVA));
