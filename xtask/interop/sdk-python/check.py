"""The official Python SDK against the sandbox: it signs, the sandbox verifies."""

import os

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkdcs import v2 as dcs
from huaweicloudsdkrocketmq import v2 as rocketmq

ENDPOINT = os.environ["ENDPOINT"]
PROJECT_ID = os.environ["PROJECT_ID"]


def credentials(secret_key: str) -> BasicCredentials:
    return BasicCredentials(os.environ["ACCESS_KEY"], secret_key, PROJECT_ID)


def clients(secret_key: str):
    build = lambda client: (
        client.new_builder().with_credentials(credentials(secret_key)).with_endpoint(ENDPOINT).build()
    )
    return build(dcs.DcsClient), build(rocketmq.RocketMQClient)


def same(actual, expected) -> None:
    if actual != expected:
        raise SystemExit(f"{actual!r} is not {expected!r}")


def refused(call, status: int, code: str, message: str) -> None:
    try:
        call()
    except ClientRequestException as error:
        same((error.status_code, error.error_code), (status, code))
        same(message in error.error_msg, True)
        same(bool(error.request_id), True)
    else:
        raise SystemExit("there was no error")


DCS, ROCKETMQ = clients(os.environ["SECRET_KEY"])
# The wrong key is tried once on each service: more would lock a real one.
DCS_FORGED, ROCKETMQ_FORGED = clients("wrong")
INSTANCE = os.environ["DCS_INSTANCE_ID"]
TASK = os.environ["DCS_TASK_ID"]
FORGED = (401, "APIGW.0301", "verify aksk signature fail")

# The sample of ListBackgroundTask is of 2020-06-17.
SPAN = {"start_time": "20200609160000", "end_time": "20200617235959"}

request = dcs.ListBackgroundTaskRequest(instance_id=INSTANCE, offset=0, limit=10, **SPAN)
page = DCS.list_background_task(request)
same([task.id for task in page.tasks], [TASK])
same(page.tasks[0].details.old_capacity, "0.125")
later = dcs.ListBackgroundTaskRequest(instance_id=INSTANCE, start_time="20210101000000")
same(DCS.list_background_task(later).tasks, [])
beyond = dcs.ListBackgroundTaskRequest(instance_id=INSTANCE, offset=1)
same(DCS.list_background_task(beyond).tasks, [])
print("ok ListBackgroundTask call")
too_many = dcs.ListBackgroundTaskRequest(instance_id=INSTANCE, limit=1001)
refused(lambda: DCS.list_background_task(too_many), 400, "APIG.0201", "limit must be from 1 to 1000")
unknown = dcs.ListBackgroundTaskRequest(instance_id="unknown")
refused(lambda: DCS.list_background_task(unknown), 404, "111404022", "does not exist")
refused(lambda: DCS_FORGED.list_background_task(request), *FORGED)
print("ok ListBackgroundTask error")

show = dcs.ShowBackgroundTaskProgressRequest(instance_id=INSTANCE, task_id=TASK)
progress = DCS.show_background_task_progress(show)
same((progress.progress, progress.remain_time), (30, 100))
same(progress.step_details[0].step_name, "前置检查")
print("ok ShowBackgroundTaskProgress call")
nothing = dcs.ShowBackgroundTaskProgressRequest(instance_id=INSTANCE, task_id="unknown")
refused(lambda: DCS.show_background_task_progress(nothing), 404, "111400070", "task ID is invalid")
print("ok ShowBackgroundTaskProgress error")

center = DCS.list_center_task(
    dcs.ListCenterTaskRequest(offset=0, limit=10, start_time="20230101000000", end_time="20231231235959")
)
same([task.name for task in center.tasks], ["ChangeInstanceSpec", "dcsExportJob"])
same(center.tasks[1].details, None)
print("ok ListCenterTask call")
refused(
    lambda: DCS.list_center_task(dcs.ListCenterTaskRequest(start_time="yesterday")),
    400,
    "APIG.0201",
    "start_time",
)
print("ok ListCenterTask error")

listing = rocketmq.ListBackgroundTasksRequest(
    instance_id=os.environ["ROCKETMQ_INSTANCE_ID"],
    start=1,
    limit=10,
    begin_time="20200609160000",
    end_time="20200630235959",
)
page = ROCKETMQ.list_background_tasks(listing)
same(page.task_count, "1")
same(page.tasks[0].name, "bindInstancePublicIp")
print("ok ListBackgroundTasks call")
refused(lambda: ROCKETMQ_FORGED.list_background_tasks(listing), *FORGED)
print("ok ListBackgroundTasks error")
