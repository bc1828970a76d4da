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

**Known vulnerabilities** have not been looked up: every tool for it (OWASP's dependency-check, OSV-Scanner, Trivy) needs a
database that could not be reached where this was written. Where it can: `./mvnw org.owasp:dependency-check-maven:aggregate`.
Of each library the newest release of its line was taken; where two want different versions the build fails until one is
chosen.

| library | version | licence, as its author names it |
|---|---|---|
<#list dependencyMap as e>
<#assign p = e.getKey()>
<#if p.groupId != "downsampling">
| `${p.groupId}:${p.artifactId}` | ${p.version} | ${licenses(e.getValue())} |
</#if>
</#list>
