#!/bin/sh
# Makes the namespace and registers Holdfast's search attributes. Runs in temporalio/admin-tools, as soon as the
# server is up. Safe to run again: a namespace that is there keeps its retention. TEMPORAL_ADDRESS,
# TEMPORAL_NAMESPACE and RETENTION say what.
set -eu

# A server that listens still needs a moment until all its services answer.
patiently() {
  tries=60
  until "$@" >/dev/null 2>/tmp/why; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { cat /tmp/why >&2; exit 1; }
    sleep 1
  done
}

patiently temporal operator cluster health
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$RETENTION"
# The server's own processes learn of a new namespace some seconds later; a worker would be refused until then.
patiently temporal workflow count --namespace "$TEMPORAL_NAMESPACE"

# What src/contract/search-attributes.ts says; test/docs/compose.test.ts compares.
temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
  --name HoldfastRoute --type Keyword \
  --name HoldfastTenant --type Keyword \
  --name HoldfastTarget --type Keyword \
  --name HoldfastServed --type Keyword \
  --name HoldfastOutcome --type Keyword \
  --name HoldfastAttempts --type Int \
  --name HoldfastFailures --type KeywordList \
  --name HoldfastCostMicros --type Int \
  --name HoldfastDurationMs --type Int \
  --name HoldfastMetadata --type KeywordList
