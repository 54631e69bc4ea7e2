{{/* What every object has; the first is the one that selectors and Prometheus' job go by. */}}
{{- define "pms-events.labels" -}}
app.kubernetes.io/name: pms-events
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end }}

{{- define "pms-events.pods" -}}
app.kubernetes.io/name: pms-events
app.kubernetes.io/component: service
{{- end }}

{{- define "pms-events.metadata" -}}
name: pms-events
namespace: {{ .Release.Namespace }}
labels:
  {{- include "pms-events.labels" . | nindent 2 }}
{{- end }}

{{- define "pms-events.image" -}}
image: {{ .Values.image.repository }}{{ with .Values.image.digest }}@{{ . }}{{ else }}:{{ .Values.image.tag | default .Chart.AppVersion }}{{ end }}
{{- with .Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end }}

{{- define "pms-events.container" -}}
{{ include "pms-events.image" . }}
envFrom:
  - configMapRef:
      name: pms-events
  - secretRef:
      name: {{ .Values.secret.name }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
volumeMounts:
  - name: tmp
    mountPath: /tmp
  - name: authorities
    mountPath: /etc/pms-events
    readOnly: true
{{- end }}
