/** Every YAML block of the page that describes the backup tool's registry support, as a file would have it. */

/** What stands under `enterprise.schema_registry`. */
function registry(text: string): string {
  const lines = text.replace(/^\n/, '').trimEnd().split('\n');
  return `enterprise:\n  schema_registry:\n${lines.map((line) => `    ${line}`).join('\n')}\n`;
}

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: variables as the file has them
export const BLOCKS = {
  basic: registry(`
enabled: true
url: https://schema-registry:8081
# Authentication (if required)
auth:
  type: basic
  username: \${SR_USERNAME}
  password: \${SR_PASSWORD}
`),
  complete: `mode: backup
backup_id: "full-backup-with-schemas"
source:
  bootstrap_servers:
    - kafka:9092
  topics:
    include:
      - "*"
storage:
  backend: s3
  bucket: kafka-backups
  prefix: production
${registry(`
enabled: true
url: https://schema-registry:8081
auth:
  type: basic
  username: \${SR_USERNAME}
  password: \${SR_PASSWORD}
tls:
  ca_cert: /certs/ca.crt
  client_cert: /certs/client.crt
  client_key: /certs/client.key
backup:
  subjects: "*"  # All subjects, or specific patterns
  include_soft_deleted: false
  include_versions: all  # or: latest
restore:
  enabled: true
  strategy: preserve  # preserve, overwrite, skip
  id_mapping: true
`)}`,
  authBasic: registry('auth:\n  type: basic\n  username: admin\n  password: ${SR_PASSWORD}'),
  authMtls: registry(`
url: https://schema-registry:8081
auth:
  type: mtls
tls:
  ca_cert: /certs/ca.crt
  client_cert: /certs/client.crt
  client_key: /certs/client.key
`),
  authOauth: registry(`
auth:
  type: oauth
  token_url: https://auth.company.com/oauth/token
  client_id: \${SR_CLIENT_ID}
  client_secret: \${SR_CLIENT_SECRET}
  scope: schema-registry
`),
  preserve: registry('restore:\n  strategy: preserve'),
  overwrite: registry('restore:\n  strategy: overwrite'),
  skip: registry('restore:\n  strategy: skip'),
  idMapping: registry('restore:\n  id_mapping: true\n  rewrite_ids: true\n  force_ids: false'),
  subjects: registry('backup:\n  subjects:\n    - "orders-*"\n    - "payments-*"\n    - "users-value"'),
  exclude: registry('backup:\n  subjects: "*"\n  exclude:\n    - "*-test"\n    - "internal-*"'),
  subjectMapping: registry(`
restore:
  subject_mapping:
    "orders-value": "restored-orders-value"
    "payments-value": "restored-payments-value"
`),
  avro: registry('enabled: true\n# Avro is default, no special config needed'),
  json: registry('schema_types:\n  - AVRO\n  - JSON'),
  protobuf: registry('schema_types:\n  - AVRO\n  - PROTOBUF\nprotobuf:\n  include_dependencies: true'),
  forceIds: registry('restore:\n  # Requires empty target registry\n  force_ids: true'),
  rewriteIds: registry('restore:\n  rewrite_ids: true'),
  idMappingFile: registry('restore:\n  id_mapping_file: /config/id-mapping.json'),
  incompatible: registry('restore:\n  set_compatibility: NONE\n  force_register: true'),
  restoreEnabled: registry('restore:\n  enabled: true\n  # Schemas restored first automatically'),
  references: registry(`
backup:
  subjects:
    - "orders-*"
    - "common-*"  # Include referenced subjects
  include_references: true
`),
  operator: `apiVersion: v1
kind: Secret
metadata:
  name: schema-registry-credentials
  namespace: kafka-backup
type: Opaque
stringData:
  username: admin
  password: your-password
---
apiVersion: kafka.oso.sh/v1alpha1
kind: KafkaBackup
metadata:
  name: backup-with-schemas
spec:
  kafkaCluster:
    bootstrapServers:
      - kafka:9092
  enterprise:
    licenseSecret:
      name: kafka-backup-license
    schemaRegistry:
      enabled: true
      url: https://schema-registry:8081
      credentialsSecret:
        name: schema-registry-credentials
        usernameKey: username
        passwordKey: password
`,
} as const;
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: variables as the file has them

/** Variables that the blocks name. */
export const BLOCK_ENV = {
  SR_USERNAME: 'admin',
  SR_PASSWORD: 'hunter2',
  SR_CLIENT_ID: 'me',
  SR_CLIENT_SECRET: 'hunter2',
};
