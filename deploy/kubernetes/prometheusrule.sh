#!/usr/bin/env bash
# Makes the PrometheusRule of the production overlay from deploy/prometheus/gateway.rules.yml and gateway.alerts.yml; a test compares the two.
#   deploy/kubernetes/prometheusrule.sh > deploy/kubernetes/overlays/production/prometheusrule.yaml
set -euo pipefail
rules=$(dirname "${BASH_SOURCE[0]}")/../prometheus
cat <<'EOF'
# For the Prometheus operator: the rules and alerts of deploy/prometheus, made by deploy/kubernetes/prometheusrule.sh. If your Prometheus selects rules by a label, add it here.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: gateway
spec:
  groups:
EOF
for file in gateway.rules.yml gateway.alerts.yml; do
  sed -n '/^groups:/,$p' "$rules/$file" | sed -e 1d -e 's/^./  &/'
done
