// Writes kubernetes-fields.json: which fields the kinds of deploy/kubernetes have, of which type, and which must be there.
// Its source is the package @kubernetes/client-node (Apache-2.0), whose models are made from the OpenAPI description of Kubernetes.
//
//   npm pack @kubernetes/client-node && tar xzf kubernetes-client-node-*.tgz
//   node tests/Gateway.Tests/Deploy/kubernetes-fields.mjs package > tests/Gateway.Tests/Deploy/kubernetes-fields.json
import { readFileSync, existsSync } from 'node:fs';

const models = `${process.argv[2]}/dist/gen/models`;
const kinds = {
  'v1/ConfigMap': 'V1ConfigMap', 'v1/Namespace': 'V1Namespace', 'v1/Secret': 'V1Secret', 'v1/Service': 'V1Service',
  'apps/v1/Deployment': 'V1Deployment', 'autoscaling/v2/HorizontalPodAutoscaler': 'V2HorizontalPodAutoscaler',
  'networking.k8s.io/v1/NetworkPolicy': 'V1NetworkPolicy', 'policy/v1/PodDisruptionBudget': 'V1PodDisruptionBudget',
  'networking.k8s.io/v1/Ingress': 'V1Ingress', 'v1/ServiceAccount': 'V1ServiceAccount',
  'rbac.authorization.k8s.io/v1/Role': 'V1Role', 'rbac.authorization.k8s.io/v1/RoleBinding': 'V1RoleBinding',
};
// What a server fills in is nobody's to write, and of the many kinds of volumes few are used: the test says so when one is missing.
const left = (field, type) => field === 'status' || field === 'managedFields' || field === 'ownerReferences'
  || /VolumeSource$/.test(type) && !/ConfigMap|Secret|EmptyDir|Projected/.test(type) || /^V1(Ephemeral|Lifecycle|Persistent|ResourceClaim|PodResourceClaim|PodScheduling)/.test(type);
const types = {};
let release = '';
const visit = name => {
  if (types[name] || !existsSync(`${models}/${name}.js`)) return;
  const text = readFileSync(`${models}/${name}.js`, 'utf8');
  release = /OpenAPI spec version: (\S+)/.exec(text)[1];
  const map = JSON.parse(/attributeTypeMap = (\[[\s\S]*?\n\]);/.exec(text)[1]);
  const declared = readFileSync(`${models}/${name}.d.ts`, 'utf8');
  const own = types[name] = {};
  for (const { name: property, baseName, type } of map) {
    if (left(baseName, type)) continue;
    const must = new RegExp(`^ *'${property.replace('$', '\\$')}': `, 'm').test(declared);
    own[must ? `${baseName}!` : baseName] = type;
    for (const inner of type.match(/(?:Rbac)?[VC]\w+/g) ?? []) visit(inner);
  }
};
Object.values(kinds).forEach(visit);
// The Prometheus operator's own kinds, as far as they are used here: by @kubernetes-models/prometheus-operator 6.0.0 (MIT).
kinds['monitoring.coreos.com/v1/ServiceMonitor'] = 'ServiceMonitor';
kinds['monitoring.coreos.com/v1/PrometheusRule'] = 'PrometheusRule';
// The Gateway API's, as far as it is used here: by its own description, version 1.2 (Apache-2.0).
kinds['gateway.networking.k8s.io/v1/HTTPRoute'] = 'HTTPRoute';
Object.assign(types, {
  HTTPRoute: { apiVersion: 'string', kind: 'string', metadata: 'V1ObjectMeta', 'spec!': 'HTTPRouteSpec' },
  HTTPRouteSpec: { parentRefs: 'Array<HTTPRouteParent>', hostnames: 'Array<string>', rules: 'Array<HTTPRouteRule>' },
  HTTPRouteParent: { group: 'string', kind: 'string', namespace: 'string', 'name!': 'string', sectionName: 'string', port: 'number' },
  HTTPRouteRule: { name: 'string', matches: 'Array<HTTPRouteMatch>', backendRefs: 'Array<HTTPRouteBackend>', timeouts: 'HTTPRouteTimeouts' },
  HTTPRouteMatch: { path: 'HTTPRoutePath', method: 'string' },
  HTTPRoutePath: { type: 'string', value: 'string' },
  HTTPRouteBackend: { group: 'string', kind: 'string', namespace: 'string', 'name!': 'string', port: 'number', weight: 'number' },
  HTTPRouteTimeouts: { request: 'string', backendRequest: 'string' },
  ServiceMonitor: { apiVersion: 'string', kind: 'string', metadata: 'V1ObjectMeta', 'spec!': 'ServiceMonitorSpec' },
  ServiceMonitorSpec: { 'endpoints!': 'Array<ServiceMonitorEndpoint>', 'selector!': 'V1LabelSelector', jobLabel: 'string', targetLabels: 'Array<string>', podTargetLabels: 'Array<string>', sampleLimit: 'number' },
  ServiceMonitorEndpoint: { port: 'string', path: 'string', scheme: 'string', interval: 'string', scrapeTimeout: 'string', honorLabels: 'boolean', authorization: 'ServiceMonitorAuthorization' },
  PrometheusRule: { apiVersion: 'string', kind: 'string', metadata: 'V1ObjectMeta', 'spec!': 'PrometheusRuleSpec' },
  PrometheusRuleSpec: { groups: 'Array<PrometheusRuleGroup>' },
  PrometheusRuleGroup: { 'name!': 'string', interval: 'string', limit: 'number', rules: 'Array<PrometheusRuleRule>' },
  PrometheusRuleRule: { record: 'string', alert: 'string', 'expr!': 'string', for: 'string', keep_firing_for: 'string', labels: '{ [key: string]: string; }', annotations: '{ [key: string]: string; }' },
  ServiceMonitorAuthorization: { type: 'string', credentials: 'V1SecretKeySelector' },
});
const version = JSON.parse(readFileSync(`${process.argv[2]}/package.json`, 'utf8')).version;
const lines = Object.entries(types).sort(([a], [b]) => a < b ? -1 : 1).map(([name, fields]) => `    ${JSON.stringify(name)}: ${JSON.stringify(fields)}`);
console.log(`{
  "source": "OpenAPI description of Kubernetes, ${release}, by @kubernetes/client-node ${version} (Apache-2.0); written by kubernetes-fields.mjs",
  "kinds": ${JSON.stringify(kinds)},
  "types": {
${lines.join(',\n')}
  }
}`);
