import { describe } from 'vitest';
import { playStory } from './client-story.ts';
import { CONFLUENT_JS } from './clients.ts';

describe(CONFLUENT_JS.name, () => playStory(CONFLUENT_JS));
