/** Where the bundle begins. */
import { runAction } from './main.ts';

await runAction(process.env);
