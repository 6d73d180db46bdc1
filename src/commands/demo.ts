import { join } from 'node:path';
import { type DemoResult, runDemo } from '../app/run-demo.ts';
import { BaseCommand } from '../cli/base-command.ts';

export default class Demo extends BaseCommand {
  static override summary = 'Show the whole story on this machine, in a temporary folder, with no server of yours.';
  static override examples = ['<%= config.bin %> <%= command.id %>'];

  async run(): Promise<DemoResult> {
    await this.parse(Demo);
    return runDemo({
      cli: join(this.config.root, 'bin', 'run.js'),
      example: join(this.config.root, 'schemas-example'),
      env: process.env,
      say: (text) => this.say(text),
      signal: this.signal,
    });
  }
}
