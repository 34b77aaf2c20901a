using Gateway.Drills;
using Gateway.Drills.Load;

// Without this each completed read wakes a thread of the pool first; with it the thread that saw the bytes goes on.
// The generator shares its cores with the system under test, so what it saves is measured accuracy. Read once by the
// runtime, before the first socket.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

using var precedence = SessionPriority.TryRaise();
Niceness.TrySet(Niceness.Generator);
var command = Commands.Root().Parse(args);
var code = await command.InvokeAsync();
return command.Errors.Count > 0 ? 2 : code;
