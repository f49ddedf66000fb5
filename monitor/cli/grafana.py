"""`straitwatch grafana push`: the dashboards into a Grafana over its HTTP API."""

import argparse
import os
import sys

TIMEOUT_S = 10.0


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("grafana", help="put the dashboards into a Grafana")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    push = verbs.add_parser(
        "push",
        help="create or update the dashboards over the HTTP API",
        description="Create or update the dashboards over Grafana's HTTP API, and say what became of each. One that a "
        "person has edited since is left alone. Ends with 1 when any was left alone or failed. A Grafana of your own "
        "is better given the files of deploy/grafana.",
    )
    push.add_argument("--url", required=True, help="Grafana's address")
    push.add_argument(
        "--token-env",
        required=True,
        metavar="NAME",
        help="environment variable with the token of a service account that may write dashboards and folders",
    )
    push.add_argument("--folder", default="straitwatch", metavar="TITLE", help="for new ones (default: %(default)s)")
    push.add_argument("--map-url", default="", metavar="URL", help="address of the live map, for the links to it")
    push.add_argument("--force", action="store_true", help="replace dashboards that a person has edited, too")
    push.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    push.add_argument("--timeout-s", type=float, default=TIMEOUT_S, help="for each answer (default: %(default)s)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    try:
        from alerts.grafana.push import Grafana, Outcome, PushError
    except ModuleNotFoundError as error:
        sys.stderr.write(f"straitwatch: {error.name} is not installed: pip install 'straitwatch[grafana]'\n")
        return 2
    from alerts.grafana.shipped import boards

    token = os.environ.get(args.token_env, "")
    if not token:
        sys.stderr.write(
            f"straitwatch: the environment has no variable {args.token_env}, which should hold the token\n"
        )
        return 2
    try:
        pushed = Grafana(args.url, token, args.timeout_s).push(
            boards(args.map_url), args.folder, is_forced=args.force, is_dry=args.dry_run
        )
    except PushError as error:
        sys.stderr.write(f"straitwatch: {error}\n")
        return 1
    done = {Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED}
    for one in pushed:
        would = "would be " if args.dry_run and one.outcome in done - {Outcome.UNCHANGED} else ""
        words = f": {one.words}" if one.words else ""
        sys.stdout.write(f"{one.uid}: {would}{one.outcome.value}{words}\n")
    return 0 if all(one.outcome in done for one in pushed) else 1
