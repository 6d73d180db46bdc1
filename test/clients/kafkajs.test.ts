import { describe } from 'vitest';
import { playStory } from './client-story.ts';
import { KAFKAJS } from './clients.ts';

describe(KAFKAJS.name, () => playStory(KAFKAJS));
