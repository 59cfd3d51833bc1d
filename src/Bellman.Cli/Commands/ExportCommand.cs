using System.CommandLine;
using Bellman.Algorithms;
using Bellman.Papers;
using Bellman.Runs;

namespace Bellman.Cli.Commands;

/// <summary><c>bellman export</c>: a trained policy as an ONNX model.</summary>
internal static class ExportCommand
{
    public static Command Create(Terminal terminal)
    {
        var name = new Argument<string>("run") { Description = "The run: id, beginning of an id, folder, or latest." };
        var output = new Option<string>("--output") { Description = "The file to write.", DefaultValueFactory = _ => "policy.onnx" };
        var last = new Option<bool>("--last") { Description = "Take the last checkpoint instead of the best one." };
        var runs = new Option<string>("--runs") { Description = "Folder of runs.", DefaultValueFactory = _ => "runs" };
        var command = new Command("export",
            "Write a trained policy as an ONNX model (operator set 17): input 'observation', and 'mask' where actions can be unavailable; output 'action', and the 'logits', 'values' or 'mean' it was read from. Flattening, normalisation and rescaling are inside.")
        {
            name, output, last, runs,
        }.WithExamples("bellman export latest --output policy.onnx", "bellman export 20260101-1200 --last --output last.onnx");
        command.SetAction(parsed =>
        {
            using var run = new RunStore(parsed.GetRequiredValue(runs)).Open(parsed.GetRequiredValue(name));
            using var agent = Agents.Create(run.Configuration);
            var (steps, best) = Agents.Restore(agent, run, parsed.GetValue(last), terminal.Error.WriteLine);
            var masked = AllEnvironments.Registry().Make(run.Configuration.Environment).Find<IActionMask>() is not null && agent.Policy is IMaskedPolicy;
            var path = parsed.GetRequiredValue(output);
            OnnxExport.Write(agent, path, masked, run.Configuration.Environment);
            terminal.Output.WriteLine($"{run.Id}, {(best ? "best" : "last")} checkpoint (step {steps}) in {path}");
            terminal.Output.WriteLine($"input  {OnnxExport.Observation} float [batch, {agent.ObservationSpace.Size}]: {agent.ObservationSpace}");
            if (masked) { terminal.Output.WriteLine($"input  {OnnxExport.Mask} bool [batch, {agent.ActionSpace.FlatSize}]: true for what is available"); }
            terminal.Output.WriteLine($"output {OnnxExport.Action} float [batch, {agent.ActionSpace.Size}]: {agent.ActionSpace}");
            return 0;
        });
        return command;
    }
}
