<#function licenses names>
  <#local text = "">
  <#list names as name><#local text = text + (name?is_first)?then("", ", ") + name></#list>
  <#return text>
</#function>
# Libraries

All that is in the jars, direct and transitive, without what is for tests alone. Generated, not written:

```sh
./mvnw org.codehaus.mojo:license-maven-plugin:2.7.1:aggregate-add-third-party -Dlicense.excludedScopes=test,provided \
    -Dlicense.fileTemplate=$PWD/docs/dependencies.ftl -Dlicense.outputDirectory=docs -Dlicense.thirdPartyFilename=dependencies.md
```

**Known vulnerabilities** are looked up once a week and for each pull request, by OWASP's dependency-check in
`.github/workflows/vulnerabilities.yml`. (*Not run* where this was written: every tool for it needs a database that could not be
reached there.) Each jar also comes with its own list, `target/<module>.cdx.json` (CycloneDX), for other tools.

**Which versions.** What the POMs name is the newest release of its minor version, on 26 November 2026. Not the newest of all were
then: Jackson (2.23.0), HiveMQ (2026.5), which only the demo and the tests have, and what Kafka chooses itself, RocksDB (11.8.1) above all. zstd-jni, lz4-java,
snappy-java and log4j-api are newer than those that Kafka asks for, and the newest releases there were (of Log4j's line 2). All else
is what these libraries bring along: the version that each of them asks for, newest or not. Where two ask for different versions,
the build fails until one is chosen.

| library | version | licence, as its author names it |
|---|---|---|
<#list dependencyMap as e>
<#assign p = e.getKey()>
<#if p.groupId != "downsampling">
| `${p.groupId}:${p.artifactId}` | ${p.version} | ${licenses(e.getValue())} |
</#if>
</#list>
