import { describe } from 'vitest';
import { playStory } from './client-story.ts';
import { PYTHON, skipReason } from './clients.ts';

const skipped = await skipReason(PYTHON);

describe.skipIf(skipped !== undefined)(PYTHON.name, () => playStory(PYTHON));
