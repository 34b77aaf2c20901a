using System.Text.Json;
using Gateway.Admin.Status;
using Gateway.Configuration.Model;
using Xunit;

namespace Gateway.Tests.Admin;

[Trait("kind", "unit")]
public sealed class RunbookStepViewTests
{
    [Fact]
    public void Steps_AreShownAsTheyAreWritten_WithoutSecrets()
    {
        RunbookStep[] steps =
        [
            new DrainStep(),
            new ExecStep { Command = ["/bin/restart", "secret"], Timeout = TimeSpan.FromSeconds(45) },
            new ExecStep { Command = ["/bin/restart"] },
            new HttpStep
            {
                Url = "http://127.0.0.1:1/secret?of=it",
                Headers = [KeyValuePair.Create("Authorization", "Bearer secret")],
            },
            new WaitStep { For = RunbookAwaited.Idle },
            new HalfOpenStep(),
            new NotifyStep(),
        ];

        var shown = JsonSerializer.Serialize(steps.Select(RunbookStepView.Hide), ConfigView.Options);

        Assert.Equal(
            """["drain",{"exec":["/bin/restart","(hidden)"],"timeout":"45s"},{"exec":["/bin/restart"],"timeout":"30s"},"""
            + """{"http":"http://127.0.0.1:1/(hidden)","method":"POST","headers":{"Authorization":"(hidden)"},"timeout":"30s"},"""
            + """{"wait":"idle","timeout":"1m"},{"probe":"halfOpen","timeout":"1m"},"notify"]""",
            shown);
    }
}
