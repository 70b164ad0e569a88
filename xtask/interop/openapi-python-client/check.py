"""What the client of openapi-python-client must be able to do with documented and real answers.

Each helper names the type that it expects, so that mypy compares it with the type that the
generator took from the description; at run time it compares the value.
"""

import json
import os
from pathlib import Path
from typing import Any, TypeVar

import dcs_client
import dcs_client.types
import rocketmq_client
import rocketmq_client.types
from dcs_client import models as dcs
from dcs_client.api.background_tasks import list_background_task, show_background_task_progress
from dcs_client.api.task_center import list_center_task
from rocketmq_client import models as rocketmq
from rocketmq_client.api.background_tasks import list_background_tasks

T = TypeVar("T")
# Each generated client has a class of its own for a field that is absent.
Absent = dcs_client.types.Unset | rocketmq_client.types.Unset

SAMPLES = Path(os.environ["SAMPLES"])
ENDPOINT = os.environ["ENDPOINT"]
PROJECT_ID = os.environ["PROJECT_ID"]


def sample(name: str) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads((SAMPLES / name).read_text(encoding="utf-8"))
    return decoded


def there(value: T | None | Absent) -> T:
    """Every field may be absent; in the samples these are not."""
    if value is None or isinstance(value, Absent):
        raise AssertionError("a field of the sample was not decoded")
    return value


def same(actual: object, expected: object) -> None:
    # The type is part of it: 1, "1" and True are different answers.
    if type(actual) is not type(expected) or actual != expected:
        raise AssertionError(f"expected {expected!r}, got {actual!r}")


def text(actual: str | Absent, expected: str) -> None:
    same(actual, expected)


def number(actual: int | Absent, expected: int) -> None:
    same(actual, expected)


def flag(actual: bool | Absent, expected: bool) -> None:
    same(actual, expected)


def text_or_number(actual: str | float | Absent, expected: str | float) -> None:
    same(actual, expected)


def check_list_background_task(page: dcs.ListBackgroundTaskResponse) -> None:
    number(len(there(page.tasks)), 1)
    task = there(page.tasks)[0]
    text(task.id, "8abf6e1e72c12e7c0172c15b508500aa")
    text(task.name, "EXTEND")
    text(task.user_name, "dcs_000_02")
    text(task.status, "SUCCESS")
    text(task.created_at, "2020-06-17T08:18:06.597Z")
    flag(task.enable_show, False)
    details = there(task.details)
    text_or_number(details.old_capacity, "0.125")
    number(details.old_port, 6379)
    flag(details.is_only_adjust_charging, False)
    commands: list[str] = there(details.rename_commands)
    same(commands, [])


def check_show_background_task_progress(shown: dcs.ShowBackgroundTaskProgressResponse) -> None:
    number(shown.progress, 30)
    number(shown.remain_time, 100)
    steps = there(shown.step_details)
    number(len(steps), 2)
    text(steps[0].step_name, "前置检查")
    text(steps[0].step_status, "FINISH")
    text(steps[0].begin_time, "2022-09-01 11:52:24")
    text(steps[0].error_code, "DCS.4064")
    number(len(there(steps[0].sub_step_details)), 2)
    text(steps[1].step_status, "EXECUTING")
    detail: str = there(there(steps[1].sub_step_details)[0].detail)
    text(detail[:13], "{node_id:9996")


def check_list_center_task(page: dcs.ListCenterTaskResponse) -> None:
    tasks = there(page.tasks)
    number(len(tasks), 2)
    text_or_number(there(tasks[0].details).old_capacity, 0.125)
    text_or_number(there(tasks[0].details).new_capacity, 0.25)
    text(tasks[0].job_id, "8abf6e1e87bce0740187bd32748b0530")
    text(tasks[0].error_code, "111400063")
    text(tasks[1].name, "dcsExportJob")
    # None, and not the marker of an absent field.
    same(tasks[1].details, None)


def check_list_background_tasks(page: rocketmq.ListBackgroundTasksResponse) -> None:
    task = there(page.tasks)[0]
    text(task.id, "ff80808272dcc90f0172df1e490f41b0")
    text(task.name, "bindInstancePublicIp")
    text(task.status, "SUCCESS")
    text(task.created_at, "2020-06-23T03:00:03.471Z")
    params: str = there(task.params)
    flag(json.loads(params)["enable_public_ip"], True)


def check_decode() -> None:
    documented = sample("dcs/ListBackgroundTask.json")
    page = dcs.ListBackgroundTaskResponse.from_dict(documented)
    text_or_number(page.task_count, 1)
    check_list_background_task(page)
    same(page.to_dict(), documented)
    print("ok ListBackgroundTask decode")

    documented = sample("dcs/ShowBackgroundTaskProgress.json")
    shown = dcs.ShowBackgroundTaskProgressResponse.from_dict(documented)
    check_show_background_task_progress(shown)
    same(shown.to_dict(), documented)
    print("ok ShowBackgroundTaskProgress decode")

    documented = sample("dcs/ListCenterTask.json")
    center = dcs.ListCenterTaskResponse.from_dict(documented)
    text_or_number(center.task_count, 2)
    check_list_center_task(center)
    same(center.to_dict(), documented)
    print("ok ListCenterTask decode")

    documented = sample("rocketmq/ListBackgroundTasks.json")
    messages = rocketmq.ListBackgroundTasksResponse.from_dict(documented)
    text_or_number(messages.task_count, "1")
    check_list_background_tasks(messages)
    same(messages.to_dict(), documented)
    print("ok ListBackgroundTasks decode")


def check_unknown() -> None:
    changed = sample("dcs/ListBackgroundTask.json")
    changed["tasks"][0]["status"] = "HELD"
    changed["tasks"][0]["a_field_of_tomorrow"] = {"x": 1}
    del changed["tasks"][0]["details"]
    page = dcs.ListBackgroundTaskResponse.from_dict(changed)
    task = there(page.tasks)[0]
    text(task.status, "HELD")
    same(isinstance(task.details, Absent), True)
    # The generated model keeps what it does not know.
    same(task["a_field_of_tomorrow"], {"x": 1})
    print("ok ListBackgroundTask unknown")


def decoded(operation: str, status: int, expected: int, parsed: object, model: type[T]) -> T:
    same(int(status), expected)
    # The generated client decodes a body only into the type that the description gives to this
    # status of this operation; without one, there is nothing.
    if not isinstance(parsed, model):
        raise AssertionError(f"{operation}: the body of status {status} is not decoded: {parsed!r}")
    return parsed


def check_calls(token: str, refused: bool) -> None:
    # An operation names two schemes, of which one is enough; the generated client leaves the
    # choice of the header to its caller.
    dcs_api = dcs_client.AuthenticatedClient(ENDPOINT, token, prefix="", auth_header_name="X-Auth-Token")
    rocketmq_api = rocketmq_client.AuthenticatedClient(ENDPOINT, token, prefix="", auth_header_name="X-Auth-Token")
    instance, other = os.environ["DCS_INSTANCE_ID"], os.environ["ROCKETMQ_INSTANCE_ID"]

    with dcs_api as api:
        listed = list_background_task.sync_detailed(PROJECT_ID, instance, client=api, limit=10)
        shown = show_background_task_progress.sync_detailed(
            PROJECT_ID, instance, os.environ["DCS_TASK_ID"], client=api
        )
        center = list_center_task.sync_detailed(PROJECT_ID, client=api, limit=10)
    with rocketmq_api as api_of_rocketmq:
        messages = list_background_tasks.sync_detailed(PROJECT_ID, other, client=api_of_rocketmq, limit=10)

    if refused:
        name = "ListBackgroundTask"
        text(decoded(name, listed.status_code, 401, listed.parsed, dcs.ErrorResponse).error_code, "APIGW.0301")
        print(f"ok {name} error")
        name = "ShowBackgroundTaskProgress"
        text(decoded(name, shown.status_code, 401, shown.parsed, dcs.ErrorResponse).error_code, "APIGW.0301")
        print(f"ok {name} error")
        name = "ListCenterTask"
        text(decoded(name, center.status_code, 401, center.parsed, dcs.ErrorResponse).error_code, "APIGW.0301")
        print(f"ok {name} error")
        name = "ListBackgroundTasks"
        text(
            decoded(name, messages.status_code, 401, messages.parsed, rocketmq.ErrorResponse).error_code,
            "APIGW.0301",
        )
        print(f"ok {name} error")
        return

    name = "ListBackgroundTask"
    check_list_background_task(
        decoded(name, listed.status_code, 200, listed.parsed, dcs.ListBackgroundTaskResponse)
    )
    print(f"ok {name} call")
    name = "ShowBackgroundTaskProgress"
    number(
        decoded(name, shown.status_code, 200, shown.parsed, dcs.ShowBackgroundTaskProgressResponse).progress, 30
    )
    print(f"ok {name} call")
    name = "ListCenterTask"
    page = decoded(name, center.status_code, 200, center.parsed, dcs.ListCenterTaskResponse)
    text(there(page.tasks)[0].id, "8abf6e1e72c12e7c0172c15b508500aa")
    text(there(page.tasks)[0].status, "SUCCESS")
    print(f"ok {name} call")
    name = "ListBackgroundTasks"
    check_list_background_tasks(
        decoded(name, messages.status_code, 200, messages.parsed, rocketmq.ListBackgroundTasksResponse)
    )
    print(f"ok {name} call")


check_decode()
check_unknown()
check_calls(os.environ["AUTH_TOKEN"], refused=False)
check_calls("a wrong token", refused=True)
