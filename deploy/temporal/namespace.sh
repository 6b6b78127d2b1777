#!/bin/sh
# Makes the namespace and the search attributes that our workflows set; what is there stays.
set -eu

namespace=default
temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$namespace" --retention 168h

known=$(temporal operator search-attribute list --namespace "$namespace")

register() {
  case "$known" in
    *"$1"*) ;;
    *) temporal operator search-attribute create --namespace "$namespace" --name "$1" --type "$2" ;;
  esac
}

register TenorState Keyword
register TenorStage Keyword
register TenorBucket Keyword
register TenorPastDueSince Datetime
register TenorNextAction Keyword
register TenorNextAt Datetime
register TenorOwner Keyword
register TenorClock Keyword
