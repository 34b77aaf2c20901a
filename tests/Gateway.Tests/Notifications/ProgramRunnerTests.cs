using System.ComponentModel;
using Gateway.Notifications;
using Gateway.Tests.Configuration;
using Xunit;

namespace Gateway.Tests.Notifications;

/// <summary>Programs of strangers: what they say, how they end, and what is left of them.</summary>
[Trait("kind", "unit")]
public sealed class ProgramRunnerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // The processes that the program leaves behind hold its outputs open.
    [Theory]
    [InlineData("exit 0", 0, "")]
    [InlineData("echo fine; exit 0", 0, "")]
    [InlineData("echo no space left >&2; exit 9", 9, ": no space left")]
    [InlineData("echo of the output; exit 1", 1, ": of the output")]
    [InlineData("echo no space left >&2; sleep 60 & exit 9", 9, ": no space left")]
    [InlineData("echo of the output; sleep 60 & exit 9", 9, ": of the output")]
    [InlineData(@"printf '\033[31mred\r\n\n  two\tthree\0four\n' >&2; exit 7", 7, ": [31mred two three four")]
    [InlineData("kill -KILL $$", 137, "")]
    [InlineData("exec 0<&-; exit 3", 3, "")]
    public async Task Program_OfAnyKind_SaysThisInOneLine(string script, int exitCode, string said)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        var ended = await ProgramRunner.RunAsync(["/bin/sh", "-c", script], [], "{}"u8.ToArray(), deadline.Token);
        Assert.Equal((exitCode, said), ended);
    }

    [Theory]
    [InlineData("missing", "No such file or directory")]
    [InlineData("folder", "it is a folder")]
    [InlineData("plain", "Permission denied")]
    [InlineData("loop", "Too many levels of symbolic links")]
    public async Task Program_ThatIsNone_SaysWhy(string name, string why)
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "folder"));
        _folder.Write("plain", "no program");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "loop"), Path.Combine(_folder.Path, "loop"));
        var program = Path.Combine(_folder.Path, name);

        var failure = await Assert.ThrowsAsync<Win32Exception>(
            () => ProgramRunner.RunAsync([program], [], [], TestContext.Current.CancellationToken));

        Assert.Equal(why, ProgramRunner.ReasonOf(failure, program));
    }
}
