// Judges simulations (JSON on standard input, a list as @cloud-copilot/iam-simulate takes them); prints one word for each:
// Allowed, ImplicitlyDenied or ExplicitlyDenied, or what is wrong with it.
import { readFileSync } from 'node:fs'
import { runSimulation, runUnsafeSimulation } from '@cloud-copilot/iam-simulate'

const judged = []
for (const simulation of JSON.parse(readFileSync(0, 'utf8'))) {
  const found = await runSimulation(simulation, {})
  const ignored = found.result?.ignoredContextKeys ?? []
  // An alias of a function has the form of a version too, which is one too many for it.
  if (found.errors?.message === 'multiple.resource.types') judged.push(runUnsafeSimulation(simulation, {}))
  else if (found.resultType === 'error') judged.push(`error: ${JSON.stringify(found.errors)}`)
  else judged.push(ignored.length ? `ignored: ${ignored}` : found.overallResult)
}
console.log(JSON.stringify(judged))
