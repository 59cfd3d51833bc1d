using System.Diagnostics;
using Bellman.Mujoco;
using Bellman.Tests.Cli;
using Xunit;

namespace Bellman.Tests.Mujoco;

/// <summary>What a user reads where MuJoCo is absent, too new, or given a model that is wrong.</summary>
public class MujocoLibraryTests
{
    [Fact]
    public void A_library_that_is_not_there_says_what_to_install()
    {
        var message = Assert.Throws<BellmanException>(() => MujocoLibrary.Load("/nowhere/libmujoco.so")).Message;
        Assert.Contains("BELLMAN_MUJOCO is /nowhere/libmujoco.so", message, StringComparison.Ordinal);
        Assert.Contains("unset the variable", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_library_is_not_taken_for_MuJoCo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The library that is tried is Linux's.");
        Assert.Contains("has no function mj_version", Assert.Throws<BellmanException>(() => MujocoLibrary.Load("libc.so.6")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(210, "2.1.0")]
    [InlineData(230, "2.3.0")]
    [InlineData(321, "3.2.1")]
    public void Other_versions_are_refused_by_number(int version, string spelled)
    {
        var message = Assert.Throws<BellmanException>(() => MujocoLibrary.RequireVersion(version)).Message;
        Assert.Contains($"is version {spelled}; Bellman works with 2.2", message, StringComparison.Ordinal);
        Assert.Contains("apt-get install libmujoco-dev", message, StringComparison.Ordinal);
        MujocoLibrary.RequireVersion(222);
    }

    [Fact]
    public void Without_the_library_environments_are_listed_and_making_one_says_what_to_install()
    {
        var (status, output) = WithoutLibrary("envs", "list");
        Assert.Equal(0, status);
        foreach (var id in MujocoEnvironments.Ids) { Assert.Contains(id, output, StringComparison.Ordinal); }
        foreach (var command in (string[][])[["env", "trace", "Hopper-v0", "--actions", "0:0:0"], ["train", "ppo", "--env", "Reacher-v0", "--steps", "100"], ["envs", "show", "PointMaze-v0"]])
        {
            var (failed, error) = WithoutLibrary(command);
            Assert.Equal(3, failed);
            Assert.Contains("/nowhere.so, which could not be loaded", error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        }
        var (measured, said) = WithoutLibrary("bench", "--quick", "--filter", "mujoco");
        Assert.Equal(0, measured);
        Assert.Contains("mujoco: not measured. BELLMAN_MUJOCO is /nowhere.so", said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_version_is_supported_and_the_layout_was_found()
    {
        MujocoRequired.OrSkip();
        Assert.StartsWith("2.2.", MujocoLibrary.Version, StringComparison.Ordinal);
        var layout = MujocoLibrary.Api.Layout;
        Assert.Equal(layout.Positions + 32, layout.Controls);
        Assert.Equal(layout.Positions + 24, layout.AccelerationWarmstart);
    }

    [Theory]
    [InlineData("<mujoco><worldbody><boddy/></worldbody></mujoco>", "boddy")]
    [InlineData("<mujoco><worldbody><body><joint type='hinge'/></body></worldbody></mujoco>", "mass and inertia of moving bodies must be larger than mjMINVAL")]
    [InlineData("<mujoco><actuator><motor joint='nobody'/></actuator></mujoco>", "nobody")]
    [InlineData("<mujoco><worldbody>", "XML")]
    public void An_MJCF_that_does_not_compile_shows_the_message_of_MuJoCo(string mjcf, string says)
    {
        MujocoRequired.OrSkip();
        var message = Assert.Throws<UsageException>(() => MujocoModel.FromText(mjcf)).Message;
        Assert.Contains("does not compile. MuJoCo says:", message, StringComparison.Ordinal);
        Assert.Contains(says, message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_from_a_file_is_named_in_the_message()
    {
        MujocoRequired.OrSkip();
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "robot.xml");
        Assert.Contains($"There is no MJCF file {path}", Assert.Throws<UsageException>(() => MujocoModel.Load(path)).Message, StringComparison.Ordinal);
        File.WriteAllText(path, "<mujoco><worldbody><geom size='-1'/></worldbody></mujoco>");
        Assert.StartsWith($"{path} does not compile. MuJoCo says:", Assert.Throws<UsageException>(() => MujocoModel.Load(path)).Message, StringComparison.Ordinal);
        File.WriteAllText(path, MujocoModel.Text("Reacher"));
        var model = MujocoModel.Load(path);
        Assert.Equal((2, 2, 2, 1, 0.01), (model.PositionCount, model.VelocityCount, model.ControlCount, model.MocapCount, model.TimeStep));
        Assert.Equal(new Box(-1, 1, 2), model.ControlSpace());
        Assert.Contains("no body 'nobody'", Assert.Throws<ArgumentException>(() => model.Body("nobody")).Message, StringComparison.Ordinal);
    }

    private static (int Status, string Text) WithoutLibrary(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[MujocoLibrary.PathVariable] = "/nowhere.so";
        foreach (var argument in (string[])[Path.Combine(AppContext.BaseDirectory, "Bellman.Cli.dll"), .. arguments]) { start.ArgumentList.Add(argument); }
        using var process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start.");
        var error = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd() + error.GetAwaiter().GetResult();
        process.WaitForExit();
        return (process.ExitCode, text);
    }
}
