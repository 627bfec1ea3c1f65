// reversibility/unflagged-release: every change is live for everybody at the moment of its deployment.

import { counted } from '../../detection/words.ts'
import { Kind } from '../../facts/contract.ts'
import type { Rule, RuleContext, RuleResult } from '../../rule/rule.ts'
import { applicationPlace, libraryInUse, mentionedIn, routeCount } from '../../survey/application.ts'
import { isProduct } from '../../survey/whereabouts.ts'

const CLIENTS = (
  'waffle django_waffle flagsmith UnleashClient unleashclient ldclient launchdarkly_server_sdk ' +
  'growthbook openfeature openfeature_sdk splitio splitio_client gutter flipper statsig configcat ' +
  'configcatclient flags django_flags gargoyle posthog devcycle_python_server_sdk flag_engine ' +
  'featureflags'
).split(' ')
const WORDS = (
  'feature_flags feature_flag FEATURE_FLAGS FeatureFlag FeatureFlags is_feature_enabled feature_enabled ' +
  'flag_enabled flag_is_active has_feature_flag is_feature_available feature_toggle FLAGS FeatureToggle ' +
  'has_feature features feature_is_enabled EXPERIMENTAL_FEATURES'
).split(' ')
/** A setting, class or function of the project's own that is named as a feature flag. */
const FLAG =
  /^(?:\w+_)?FEATURE_\w+$|^(?:is|has|get|check|enable)_(?:\w+_)?feature(?:s|_\w+)?$|feature_?flag|experiment(?:al)?_/i

function hasFlagSetting({ program, trees }: RuleContext): boolean {
  return program.modules.some((module) => {
    if (!isProduct(module)) return false
    const tree = trees[module.id]!
    for (let at = tree.firstChild(0); at >= 0; at = tree.nextSibling(at)) {
      const kind = tree.kind(at)
      if (
        (kind === Kind.Assign || kind === Kind.AnnAssign) &&
        tree.kind(at + 1) === Kind.Name &&
        FLAG.test(tree.text(at + 1))
      )
        return true
      if ((kind === Kind.FunctionDef || kind === Kind.ClassDef) && FLAG.test(tree.text(at))) return true
    }
    return false
  })
}

const LEAST_ROUTES = 10

export const rule: Rule = {
  id: 'reversibility/unflagged-release',
  decision: 'reversibility',
  severity: 'low',
  effort: { minutes: 240, per: 'once' },
  trial: false,
  summary: 'There is no feature flag: a release can only be taken back as a whole.',
  assures: { says: 'releases can be switched by a flag', from: 1 },
  judges: { python: judge },
}

function judge(context: RuleContext): RuleResult {
  const place = applicationPlace(context)
  const routes = routeCount(context)
  if (place === undefined || routes < LEAST_ROUTES)
    return { detections: [], examined: { count: 0, of: 'web applications' } }
  const examined = { count: 1, of: 'web applications' }
  if (libraryInUse(context, CLIENTS) !== '' || mentionedIn(context, WORDS) !== '' || hasFlagSetting(context))
    return { detections: [], examined }
  return {
    detections: [
      {
        place,
        subject: 'application',
        evidence: 'no feature flags',
        message: {
          what: `No flag client and no feature flag of its own was found in a service of ${counted(routes, 'route')}.`,
          why: 'A change is live for everybody at once and is undone by a deployment of everything, which takes minutes and takes the good changes back too.',
          do: 'Add one small flag interface (a table or OpenFeature) and release the next risky change behind it.',
        },
        confidence: 'probable',
      },
    ],
    examined,
  }
}
