// Prints which browsers the journeys really run in: `npm run agents`.
import { launch } from '../lib/browsers.mjs';

for (const name of ['current', '109', '80']) {
  const screen = await launch(name);
  console.log(`${name}: ${await screen.page.evaluate(() => navigator.userAgent)}`);
  await screen.end();
}
