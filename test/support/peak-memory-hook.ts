/** Loaded with `--import`: writes the peak resident memory of the process, in bytes, to the file named by PEAK_MEMORY. */
import { writeFileSync } from 'node:fs';

process.on('exit', () => {
  const file = process.env['PEAK_MEMORY'];
  // maxRSS is in kibibytes.
  if (file !== undefined) writeFileSync(file, String(process.resourceUsage().maxRSS * 1024));
});
