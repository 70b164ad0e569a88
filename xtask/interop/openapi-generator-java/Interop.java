import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dcs.api.BackgroundTasksApi;
import dcs.api.TaskCenterApi;
import dcs.model.DetailsBody;
import dcs.model.ListBackgroundTaskResponse;
import dcs.model.ListCenterTaskResponse;
import dcs.model.ListCenterTasksResp;
import dcs.model.ShowBackgroundTaskProgressResponse;
import dcs.model.SingleBackgroundTask;
import dcs.model.StepDetail;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import rocketmq.model.BackgroundTask;
import rocketmq.model.ListBackgroundTasksResponse;

/** Checks the clients that OpenAPI Generator makes from the published descriptions. */
final class Interop {
    private static final String TASK_ID = "8abf6e1e72c12e7c0172c15b508500aa";

    /**
     * The mapper that the clients have by default takes a number for a text and the other way
     * round, so both sides of a oneOf match and decoding fails. The clients bring this one too.
     */
    private static final ObjectMapper DCS = dcs.JSON.getDefault().getMapper();

    private static final ObjectMapper ROCKETMQ = rocketmq.JSON.getDefault().getMapper();

    private Interop() {}

    public static void main(String[] arguments) throws Exception {
        decodeListBackgroundTask();
        decodeShowBackgroundTaskProgress();
        decodeListCenterTask();
        decodeListBackgroundTasks();
        unknown();
        call();
        refused();
    }

    private static void decodeListBackgroundTask() throws IOException {
        ListBackgroundTaskResponse page =
                DCS.readValue(sample("dcs/ListBackgroundTask.json"), ListBackgroundTaskResponse.class);
        equal("task_count", page.getTaskCount().getLong(), 1);
        equal("number of tasks", page.getTasks().size(), 1);
        SingleBackgroundTask task = page.getTasks().get(0);
        equal("id", task.getId(), TASK_ID);
        equal("name", task.getName(), "EXTEND");
        equal("user_name", task.getUserName(), "dcs_000_02");
        equal("status", task.getStatus(), "SUCCESS");
        equal("created_at", task.getCreatedAt(), "2020-06-17T08:18:06.597Z");
        equal("enable_show", task.getEnableShow(), false);
        DetailsBody details = task.getDetails();
        equal("old_capacity", details.getOldCapacity().getString(), "0.125");
        equal("old_port", details.getOldPort(), 6379);
        equal("is_only_adjust_charging", details.getIsOnlyAdjustCharging(), false);
        equal("number of rename_commands", details.getRenameCommands().size(), 0);
        passed("ListBackgroundTask", "decode");
    }

    private static void decodeShowBackgroundTaskProgress() throws IOException {
        ShowBackgroundTaskProgressResponse progress =
                DCS.readValue(
                        sample("dcs/ShowBackgroundTaskProgress.json"), ShowBackgroundTaskProgressResponse.class);
        equal("progress", progress.getProgress(), 30);
        equal("remain_time", progress.getRemainTime(), 100);
        List<StepDetail> steps = progress.getStepDetails();
        equal("number of steps", steps.size(), 2);
        equal("step_name", steps.get(0).getStepName(), "前置检查");
        equal("step_status", steps.get(0).getStepStatus(), "FINISH");
        equal("begin_time", steps.get(0).getBeginTime(), "2022-09-01 11:52:24");
        equal("error_code", steps.get(0).getErrorCode(), "DCS.4064");
        equal("number of sub steps", steps.get(0).getSubStepDetails().size(), 2);
        equal("step_status", steps.get(1).getStepStatus(), "EXECUTING");
        String detail = steps.get(1).getSubStepDetails().get(0).getDetail();
        equal("start of detail", detail.startsWith("{node_id:9996"), true);
        passed("ShowBackgroundTaskProgress", "decode");
    }

    private static void decodeListCenterTask() throws IOException {
        ListCenterTaskResponse page =
                DCS.readValue(sample("dcs/ListCenterTask.json"), ListCenterTaskResponse.class);
        equal("task_count", page.getTaskCount().getLong(), 2);
        List<ListCenterTasksResp> tasks = page.getTasks();
        equal("number of tasks", tasks.size(), 2);
        DetailsBody details = tasks.get(0).getDetails();
        equal("old_capacity", details.getOldCapacity().getBigDecimal(), new BigDecimal("0.125"));
        equal("new_capacity", details.getNewCapacity().getBigDecimal(), new BigDecimal("0.25"));
        equal("job_id", tasks.get(0).getJobId(), "8abf6e1e87bce0740187bd32748b0530");
        equal("error_code", tasks.get(0).getErrorCode(), "111400063");
        equal("name", tasks.get(1).getName(), "dcsExportJob");
        equal("details is present", tasks.get(1).getDetails_JsonNullable().isPresent(), true);
        equal("details is null", tasks.get(1).getDetails() == null, true);
        passed("ListCenterTask", "decode");
    }

    private static void decodeListBackgroundTasks() throws IOException {
        ListBackgroundTasksResponse page =
                ROCKETMQ.readValue(
                        sample("rocketmq/ListBackgroundTasks.json"), ListBackgroundTasksResponse.class);
        equal("task_count", page.getTaskCount().getString(), "1");
        equal("number of tasks", page.getTasks().size(), 1);
        BackgroundTask task = page.getTasks().get(0);
        equal("name", task.getName(), "bindInstancePublicIp");
        equal("status", task.getStatus(), "SUCCESS");
        equal("created_at", task.getCreatedAt(), "2020-06-23T03:00:03.471Z");
        boolean publicIp = ROCKETMQ.readTree(task.getParams()).get("enable_public_ip").booleanValue();
        equal("enable_public_ip in params", publicIp, true);
        passed("ListBackgroundTasks", "decode");
    }

    /** A task in a state and with a field that nobody knew of when the client was made. */
    private static void unknown() throws IOException {
        ObjectNode document = (ObjectNode) DCS.readTree(sample("dcs/ListBackgroundTask.json"));
        ObjectNode changed = (ObjectNode) document.get("tasks").get(0);
        changed.put("status", "HELD");
        changed.putObject("new_field").put("a", 1);
        changed.remove("details");
        ListBackgroundTaskResponse page =
                DCS.readValue(document.toString(), ListBackgroundTaskResponse.class);
        equal("status", page.getTasks().get(0).getStatus(), "HELD");
        equal("details is absent", page.getTasks().get(0).getDetails() == null, true);
        passed("ListBackgroundTask", "unknown");
    }

    private static dcs.ApiClient dcsClient(String token) {
        dcs.ApiClient client =
                new dcs.ApiClient(dcs.ApiClient.createDefaultHttpClientBuilder(), DCS, env("ENDPOINT"));
        client.setRequestInterceptor(request -> request.header("X-Auth-Token", token));
        return client;
    }

    private static rocketmq.api.BackgroundTasksApi rocketmqApi(String token) {
        rocketmq.ApiClient client =
                new rocketmq.ApiClient(
                        rocketmq.ApiClient.createDefaultHttpClientBuilder(), ROCKETMQ, env("ENDPOINT"));
        client.setRequestInterceptor(request -> request.header("X-Auth-Token", token));
        return new rocketmq.api.BackgroundTasksApi(client);
    }

    private static dcs.ApiResponse<ListBackgroundTaskResponse> listBackgroundTask(String token)
            throws dcs.ApiException {
        return new BackgroundTasksApi(dcsClient(token))
                .listBackgroundTaskWithHttpInfo(
                        env("PROJECT_ID"), env("DCS_INSTANCE_ID"), null, 10, null, null);
    }

    private static dcs.ApiResponse<ShowBackgroundTaskProgressResponse> showBackgroundTaskProgress(
            String token) throws dcs.ApiException {
        return new BackgroundTasksApi(dcsClient(token))
                .showBackgroundTaskProgressWithHttpInfo(
                        env("PROJECT_ID"), env("DCS_INSTANCE_ID"), env("DCS_TASK_ID"));
    }

    private static dcs.ApiResponse<ListCenterTaskResponse> listCenterTask(String token)
            throws dcs.ApiException {
        return new TaskCenterApi(dcsClient(token))
                .listCenterTaskWithHttpInfo(env("PROJECT_ID"), null, 10, null, null);
    }

    private static rocketmq.ApiResponse<ListBackgroundTasksResponse> listBackgroundTasks(String token)
            throws rocketmq.ApiException {
        return rocketmqApi(token)
                .listBackgroundTasksWithHttpInfo(
                        env("PROJECT_ID"), env("ROCKETMQ_INSTANCE_ID"), null, 10, null, null);
    }

    private static void call() throws Exception {
        String token = env("AUTH_TOKEN");

        dcs.ApiResponse<ListBackgroundTaskResponse> list = listBackgroundTask(token);
        equal("HTTP status", list.getStatusCode(), 200);
        equal("id", list.getData().getTasks().get(0).getId(), TASK_ID);
        equal("status", list.getData().getTasks().get(0).getStatus(), "SUCCESS");
        passed("ListBackgroundTask", "call");

        dcs.ApiResponse<ShowBackgroundTaskProgressResponse> progress = showBackgroundTaskProgress(token);
        equal("HTTP status", progress.getStatusCode(), 200);
        equal("progress", progress.getData().getProgress(), 30);
        passed("ShowBackgroundTaskProgress", "call");

        dcs.ApiResponse<ListCenterTaskResponse> center = listCenterTask(token);
        equal("HTTP status", center.getStatusCode(), 200);
        equal("id", center.getData().getTasks().get(0).getId(), TASK_ID);
        equal("status", center.getData().getTasks().get(0).getStatus(), "SUCCESS");
        passed("ListCenterTask", "call");

        rocketmq.ApiResponse<ListBackgroundTasksResponse> tasks = listBackgroundTasks(token);
        equal("HTTP status", tasks.getStatusCode(), 200);
        equal("id", tasks.getData().getTasks().get(0).getId(), "ff80808272dcc90f0172df1e490f41b0");
        equal("status", tasks.getData().getTasks().get(0).getStatus(), "SUCCESS");
        passed("ListBackgroundTasks", "call");
    }

    /**
     * This library of the generator hands the body of an error over as text, whatever the
     * description says about the status. The model of the body is generated all the same.
     */
    private static void refused() throws Exception {
        dcsRefused("ListBackgroundTask", () -> listBackgroundTask("wrong"));
        dcsRefused("ShowBackgroundTaskProgress", () -> showBackgroundTaskProgress("wrong"));
        dcsRefused("ListCenterTask", () -> listCenterTask("wrong"));
        try {
            listBackgroundTasks("wrong");
        } catch (rocketmq.ApiException e) {
            equal("HTTP status", e.getCode(), 401);
            rocketmq.model.ErrorResponse body =
                    ROCKETMQ.readValue(e.getResponseBody(), rocketmq.model.ErrorResponse.class);
            equal("error_code", body.getErrorCode(), "APIGW.0301");
            passed("ListBackgroundTasks", "error");
            return;
        }
        throw new AssertionError("ListBackgroundTasks was not refused");
    }

    private interface Call {
        void run() throws dcs.ApiException;
    }

    private static void dcsRefused(String operation, Call call) throws IOException {
        try {
            call.run();
        } catch (dcs.ApiException e) {
            equal("HTTP status", e.getCode(), 401);
            dcs.model.ErrorResponse body = DCS.readValue(e.getResponseBody(), dcs.model.ErrorResponse.class);
            equal("error_code", body.getErrorCode(), "APIGW.0301");
            passed(operation, "error");
            return;
        }
        throw new AssertionError(operation + " was not refused");
    }

    private static String env(String name) {
        return Objects.requireNonNull(System.getenv(name), name);
    }

    private static String sample(String name) throws IOException {
        return Files.readString(Path.of(env("SAMPLES"), name));
    }

    // One of these for each type, so that a field of another type does not compile.

    private static void equal(String what, String got, String want) {
        same(what, got, want);
    }

    private static void equal(String what, Boolean got, boolean want) {
        same(what, got, want);
    }

    private static void equal(String what, Long got, long want) {
        same(what, got, want);
    }

    private static void equal(String what, int got, int want) {
        same(what, got, want);
    }

    private static void equal(String what, BigDecimal got, BigDecimal want) {
        same(what, got, want);
    }

    private static void same(String what, Object got, Object want) {
        if (!want.equals(got)) {
            throw new AssertionError(what + " is " + got + ", expected " + want);
        }
    }

    private static void passed(String operation, String check) {
        System.out.println("ok " + operation + " " + check);
    }
}
