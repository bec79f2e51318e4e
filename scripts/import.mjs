// npm run import -- users.json: imports the accounts of a Node server with their passwords. It checks all of them before it
// writes any, and can be repeated.
import './lib/node-version.mjs';
import { readArguments } from './lib/import/arguments.mjs';
import { importer } from './lib/import/client.mjs';
import { planImport, withCollisions } from './lib/import/plan.mjs';
import { count, reportProblems, reportRenames, reportSkipped } from './lib/import/report.mjs';
import { operatorSecret } from './lib/import/secret.mjs';
import { readUsersFile } from './lib/import/users-file.mjs';
import { Refusal, green, script } from './lib/steps.mjs';

await script(async () => {
  const options = readArguments(process.argv.slice(2));
  const plan = planImport(readUsersFile(options.file), options);
  const server = importer(options.url, operatorSecret(options.url));

  const readable = plan.filter(({ problem, skipped }) => !problem && !skipped);
  const judged = withCollisions(await server.send(readable, { dryRun: true }));
  const skipped = plan.filter((entry) => entry.skipped);
  const present = judged.filter(({ status }) => status === 'present');
  const ready = judged.filter(({ status }) => status === 'new');
  const places = new Map(plan.map(({ name }, place) => [name, place]));
  let problems = [...plan, ...judged].filter(({ problem }) => problem).sort((a, b) => places.get(a.name) - places.get(b.name));

  console.log(`${count(plan.length, 'account')} in ${options.file}, checked by ${options.url}:`);
  console.log(`  ${ready.length} to import, ${present.length} already there, ${skipped.length} skipped as you asked, ${problems.length} with problems`);
  reportSkipped(skipped);
  reportRenames([...ready, ...present]);
  reportProblems(problems);

  if (problems.length > 0 && !options.partial) {
    throw new Refusal(
      `Nothing was imported: ${count(problems.length, 'account')} can't be imported unchanged. Give each another name with ` +
        '--rename "Old Name=new-name" (or several with --renames file.json), leave it out with --skip "Old Name", or fix the ' +
        'file. --partial imports the others now.',
    );
  }
  if (options.dryRun) {
    console.log('Nothing was imported: this was a dry run.');
  } else {
    const written = await server.send(ready, { dryRun: false });
    // An entry whose answer was lost was written nevertheless, and is present when it is sent again.
    const imported = written.filter(({ status }) => status === 'created' || status === 'present');
    const late = written.filter(({ problem }) => problem);
    reportProblems(late);
    problems = [...problems, ...late];
    console.log(`${green('✓')} ${count(imported.length, 'account')} imported. Users log in with the passwords they have.`);
  }
  if (problems.length > 0) throw new Refusal(`${count(problems.length, 'account')} could not be imported; see the list above.`);
});
