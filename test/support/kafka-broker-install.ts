/** Apache Kafka's own jars from Maven Central, kept outside the work tree. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hasProgram, runProgram } from './run-program.ts';
import { cachedFolder } from './test-cache.ts';

export const KAFKA_VERSIONS = ['4.3.1', '3.9.2'] as const;
export type KafkaVersion = (typeof KAFKA_VERSIONS)[number];

/** Of the lowest that both versions run on. */
export const KAFKA_JAVA = 17;

/** The broker alone, or with Kafka's command line programs (ProducerPerformance and others) for benchmarks. */
export type KafkaParts = 'broker' | 'tools';

/** A folder of jars, to be put on a class path as `folder/*`: the broker, the Java clients and a logger that prints. */
export async function installKafka(version: KafkaVersion, parts: KafkaParts = 'broker'): Promise<string> {
  const folder = await cachedFolder(`kafka-${parts}-${version}`, async (target) => {
    if (!(await hasProgram('mvn', '--version'))) {
      throw new Error(`This test needs Apache Kafka ${version}: install Maven (mvn), which fetches it.`);
    }
    const pom = join(target, 'pom.xml');
    await mkdir(join(target, 'libs'));
    await writeFile(pom, pomOf(version, parts));
    const copy = [
      'dependency:copy-dependencies',
      `-DoutputDirectory=${join(target, 'libs')}`,
      '-DincludeScope=runtime',
    ];
    await runProgram('mvn', ['-B', '-ntp', '-q', '-f', pom, ...copy]);
  });
  return join(folder, 'libs');
}

function pomOf(version: string, parts: KafkaParts): string {
  const artifacts = [
    ['org.apache.kafka', 'kafka_2.13', version],
    // Without it a broker says nothing at all, not even why it does not start.
    ['org.slf4j', 'slf4j-simple', '1.7.36'],
    ...(parts === 'tools' ? [['org.apache.kafka', 'kafka-tools', version]] : []),
  ].map(
    ([group, artifact, of]) =>
      `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${of}</version></dependency>`,
  );
  return [
    '<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>',
    '<groupId>srgit.test</groupId><artifactId>kafka</artifactId><version>1</version><packaging>pom</packaging>',
    `<dependencies>${artifacts.join('')}</dependencies></project>`,
  ].join('\n');
}
