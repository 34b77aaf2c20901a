using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace Gateway.Hosting.WarmUp;

/// <summary>Formats each line as the log does, and keeps none.</summary>
internal sealed class DiscardingSink(ITextFormatter formatter) : ILogEventSink
{
    public void Emit(LogEvent logEvent) => formatter.Format(logEvent, TextWriter.Null);
}
