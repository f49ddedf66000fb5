# name of a dashboard's file, here and under deploy/grafana/dashboards
DASHBOARDS = ("operations", "night_report", "receivers", "pipeline")
