<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>ecoval</name>
    <message>
        <location filename="../algorithms/base.py"/>
        <source>Cancelled; the project is unchanged.</source>
        <translation>已取消；工程未改动。</translation>
    </message>
    <message>
        <location filename="../algorithms/base.py"/>
        <source>The file {path} cannot be written or read: {reason}. Close what holds it open, or choose another folder.</source>
        <translation>文件 {path} 无法写入或读取：{reason}。请关闭占用它的程序，或另选文件夹。</translation>
    </message>
    <message>
        <location filename="../algorithms/base.py"/>
        <source>The layer of {name} cannot be opened; it may have been removed. Choose it again.</source>
        <translation>{name} 的图层无法打开，可能已被移除。请重新选择。</translation>
    </message>
    <message>
        <location filename="../algorithms/generic.py"/>
        <source>All that was not matched: {path}</source>
        <translation>全部未匹配项：{path}</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Agency</source>
        <translation>编制单位</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Approval number of the map, as the authority gave it.</source>
        <translation>地图的审图号，按主管部门批复填写。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Column of the unit layer that the colours show, such as gep, gep_per_km2 or water_retention_value; empty takes the GEP where every unit has one, else the subtotal.</source>
        <translation>着色所用的单元图层列，如 gep、gep_per_km2 或 water_retention_value；留空时各单元均有总值则取总值，否则取小计。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Column shown</source>
        <translation>显示列</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Data source</source>
        <translation>数据来源</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Denominator of the scale of every page, such as 250000; empty fits the page to the unit.</source>
        <translation>各页比例尺的分母，如 250000；留空则按单元自动适配。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Empty takes the name of the account.</source>
        <translation>留空则用核算名称。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Folder of the pictures</source>
        <translation>图片文件夹</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Folder that holds run.json.</source>
        <translation>含 run.json 的文件夹。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Layout template .qpt of QGIS; empty takes the packaged layout.</source>
        <translation>QGIS 布局模板 .qpt；留空则用内置布局。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Map approval number</source>
        <translation>审图号</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Map atlas of a run</source>
        <translation>运行结果地图册</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>No font with Chinese letters is installed: Chinese names will be boxes. Install one, such as Noto Sans CJK.</source>
        <translation>系统没有含汉字的字体，中文名称会显示为方框。请安装一种，例如 Noto Sans CJK。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>One page per unit, or one page for all.</source>
        <translation>每个单元一页，或全部一页。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Own layout</source>
        <translation>自定义布局</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>PDF</source>
        <translation>PDF</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Pages</source>
        <translation>页面</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Pictures</source>
        <translation>图片</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Results</source>
        <translation>结果</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Run folder</source>
        <translation>运行文件夹</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Scale 1 :</source>
        <translation>比例尺 1 :</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Secrecy grade</source>
        <translation>密级</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Secrecy grade of the map, as the agency classified it.</source>
        <translation>地图的密级，按定密单位确定的填写。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Stands at the foot of each page.</source>
        <translation>显示在每页页脚。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>The run {path} has no column {column}.</source>
        <translation>运行 {path} 没有列 {column}。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Title</source>
        <translation>标题</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Unit set</source>
        <translation>单元集</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Where boundaries and data come from.</source>
        <translation>边界与数据的来源。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Which unit set of the run; empty takes the first.</source>
        <translation>使用运行中的哪个单元集；留空取第一个。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>Writes a PDF with a map and the figures of every unit, or one overview page; Chinese text is embedded.</source>
        <translation>写出 PDF：每个单元一页地图和数据，或一页总览；中文字体已嵌入。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>yes writes each page also as PNG.</source>
        <translation>yes 时每页另存为 PNG。</translation>
    </message>
    <message>
        <location filename="../algorithms/map_atlas.py"/>
        <source>{path} is no run folder: it holds no run.json.</source>
        <translation>{path} 不是运行文件夹：其中没有 run.json。</translation>
    </message>
    <message>
        <location filename="../algorithms/offset.py"/>
        <source>Alternatives</source>
        <translation>方案</translation>
    </message>
    <message>
        <location filename="../algorithms/offset.py"/>
        <source>Compare alternatives</source>
        <translation>方案比选</translation>
    </message>
    <message>
        <location filename="../algorithms/offset.py"/>
        <source>Credits of candidate parcels</source>
        <translation>候选地块增益</translation>
    </message>
    <message>
        <location filename="../algorithms/offset.py"/>
        <source>Loss of a project</source>
        <translation>项目损失评估</translation>
    </message>
    <message>
        <location filename="../algorithms/offset.py"/>
        <source>Losses</source>
        <translation>损失</translation>
    </message>
    <message>
        <location filename="../algorithms/offset.py"/>
        <source>No area of a layer is affected, or the areas are unit sets of the study: AFFECTED is not written.</source>
        <translation>没有受影响的图层区域，或区域取自核算项目的单元：未写出 AFFECTED。</translation>
    </message>
    <message>
        <location filename="../algorithms/offset.py"/>
        <source>{path} is no loss run: it holds no alternatives.csv.</source>
        <translation>{path} 不是损失评估文件夹：其中没有 alternatives.csv。</translation>
    </message>
    <message>
        <location filename="../algorithms/reading.py"/>
        <source>A raster keeps its CRS. Leave the CRS empty, or reproject the raster first (nearest neighbour).</source>
        <translation>栅格保持自身坐标系。请将坐标系留空，或先重投影栅格（最近邻）。</translation>
    </message>
    <message>
        <location filename="../algorithms/reading.py"/>
        <source>Choose how stations become cells: {known}.</source>
        <translation>请选择站点插值到像元的方法：{known}。</translation>
    </message>
    <message>
        <location filename="../algorithms/reading.py"/>
        <source>Give either a table of stations or rasters.</source>
        <translation>请只给出站点表或栅格中的一种。</translation>
    </message>
    <message>
        <location filename="../algorithms/reading.py"/>
        <source>Give the own table of the classes, or choose a classification.</source>
        <translation>请给出自有对照表，或选择分类体系。</translation>
    </message>
    <message>
        <location filename="../algorithms/reading.py"/>
        <source>No raster is chosen, or it cannot be opened.</source>
        <translation>没有选择栅格，或栅格无法打开。</translation>
    </message>
    <message>
        <location filename="../algorithms/reading.py"/>
        <source>No table is chosen.</source>
        <translation>没有选择表格。</translation>
    </message>
    <message>
        <location filename="../algorithms/reading.py"/>
        <source>Nothing is selected in {name}. Select parcels, or take all.</source>
        <translation>“{name}”中没有选中要素。请选择图斑，或使用全部。</translation>
    </message>
    <message>
        <location filename="../algorithms/reading.py"/>
        <source>Several layers have no CRS in their files and different ones in QGIS. Save them with a CRS first.</source>
        <translation>多个图层的文件没有坐标系，而在 QGIS 中指定的又不一致。请先带坐标系另存。</translation>
    </message>
    <message>
        <location filename="../algorithms/reading.py"/>
        <source>The grid is not said. Give a raster whose grid is taken, or CRS, cell size and extent.</source>
        <translation>未说明成果的格网。请给出参照格网的栅格，或坐标系、像元大小和范围。</translation>
    </message>
    <message>
        <location filename="../algorithms/reading.py"/>
        <source>The land cover cannot be opened. Choose the layer again.</source>
        <translation>土地覆被图层无法打开。请重新选择图层。</translation>
    </message>
    <message>
        <location filename="../algorithms/reading.py"/>
        <source>The study {path} is not there.</source>
        <translation>找不到核算项目文件 {path}。</translation>
    </message>
    <message>
        <location filename="../algorithms/reading.py"/>
        <source>{name} has no field {field}.</source>
        <translation>{name} 没有字段 {field}。</translation>
    </message>
    <message>
        <location filename="../algorithms/reading.py"/>
        <source>{name} is not a file. Save it as GeoTIFF first: right click, Export, Save As.</source>
        <translation>{name} 不是文件。请先另存为 GeoTIFF：右键，导出，另存为。</translation>
    </message>
    <message>
        <location filename="../algorithms/sample_project.py"/>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <location filename="../algorithms/sample_project.py"/>
        <source>Project</source>
        <translation>工程</translation>
    </message>
    <message>
        <location filename="../algorithms/sample_project.py"/>
        <source>Sample project</source>
        <translation>示例工程</translation>
    </message>
    <message>
        <location filename="../algorithms/sample_project.py"/>
        <source>Start</source>
        <translation>开始</translation>
    </message>
    <message>
        <location filename="../algorithms/sample_project.py"/>
        <source>Unpacks a small fictitious county with its data, and a QGIS project whose layers have their roles already.</source>
        <translation>解压一个虚构小县的数据，并生成一个图层角色已设好的 QGIS 工程。</translation>
    </message>
    <message>
        <location filename="../algorithms/sample_project.py"/>
        <source>Where the sample is unpacked; empty: ecoval_sample in the home folder.</source>
        <translation>示例解压到哪里；留空为用户主目录下的 ecoval_sample。</translation>
    </message>
    <message>
        <location filename="../algorithms/sample_project.py"/>
        <source>Written: {path}</source>
        <translation>已写出：{path}</translation>
    </message>
    <message>
        <location filename="../algorithms/special.py"/>
        <source>No GEP but: {name}. See indicators.csv.</source>
        <translation>不给出生态产品总值，只给出：{name}。详见 indicators.csv。</translation>
    </message>
    <message>
        <location filename="../algorithms/special.py"/>
        <source>The service {service} has no quantity per cell here.</source>
        <translation>服务“{service}”在这里没有逐像元实物量。</translation>
    </message>
    <message>
        <location filename="../atlas.py"/>
        <source> (in part not in the total)</source>
        <translation>（部分不计入总值）</translation>
    </message>
    <message>
        <location filename="../atlas.py"/>
        <source> (not in the total)</source>
        <translation>（不计入总值）</translation>
    </message>
    <message>
        <location filename="../atlas.py"/>
        <source>All units</source>
        <translation>全部单元</translation>
    </message>
    <message>
        <location filename="../atlas.py"/>
        <source>CRS</source>
        <translation>坐标系</translation>
    </message>
    <message>
        <location filename="../atlas.py"/>
        <source>Computed by ecoval {version} on {date}.</source>
        <translation>由 ecoval {version} 于 {date} 计算。</translation>
    </message>
    <message>
        <location filename="../atlas.py"/>
        <source>Contains example numbers: not for decisions.</source>
        <translation>含示例数值，不作决策依据。</translation>
    </message>
    <message>
        <location filename="../atlas.py"/>
        <source>Not complete, missing: </source>
        <translation>不完整，缺少：</translation>
    </message>
    <message>
        <location filename="../atlas.py"/>
        <source>Price year</source>
        <translation>价格基准年</translation>
    </message>
    <message>
        <location filename="../atlas.py"/>
        <source>Standard</source>
        <translation>标准</translation>
    </message>
    <message>
        <location filename="../atlas.py"/>
        <source>The PDF cannot be written.</source>
        <translation>PDF 无法写出。</translation>
    </message>
    <message>
        <location filename="../atlas.py"/>
        <source>The pictures cannot be written.</source>
        <translation>图片无法写出。</translation>
    </message>
    <message>
        <location filename="../atlas.py"/>
        <source>Year</source>
        <translation>年份</translation>
    </message>
    <message>
        <location filename="../atlas.py"/>
        <source>ecoval account</source>
        <translation>ecoval 核算</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>Bands: {bands}.</source>
        <translation>波段数：{bands}。</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>CLCD (annual, 30 m)</source>
        <translation>CLCD（逐年，30 m）</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>Can be left out where these are given: {ways}.</source>
        <translation>已有下列数据时可不提供：{ways}。</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>Measure: {measure}.</source>
        <translation>计量单位：{measure}。</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>NPP as dry matter</source>
        <translation>净初级生产力（干物质）</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>Open profile 2026, not official</source>
        <translation>开放方案 2026（非官方）</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>RUSLE cover factor</source>
        <translation>植被覆盖因子</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>Range: {low} to {high}.</source>
        <translation>取值范围：{low} 至 {high}。</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>Spatial units</source>
        <translation>核算单元</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>Table of the classes</source>
        <translation>地类对照表</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>Third national land survey</source>
        <translation>第三次国土调查（三调）</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>Used by: {services}.</source>
        <translation>用于：{services}。</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>biomass at the opening</source>
        <translation>期初生物量</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>cancelled</source>
        <translation>已取消</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>checking</source>
        <translation>检查中</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>daily maximum temperature</source>
        <translation>日最高气温</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>daily minimum temperature</source>
        <translation>日最低气温</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>error</source>
        <translation>错误</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>in order</source>
        <translation>正常</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>not finished</source>
        <translation>未完成</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>open water evaporation of dry days</source>
        <translation>干燥日水面蒸发</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>overlay of parcels</source>
        <translation>叠置图斑</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>relative humidity</source>
        <translation>相对湿度</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>storm rain</source>
        <translation>暴雨量</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>summing over cells</source>
        <translation>按像元汇总</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>sunshine hours</source>
        <translation>日照时数</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>waiting for another computation</source>
        <translation>等待其他计算</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>warning</source>
        <translation>警告</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>wind speed</source>
        <translation>风速</translation>
    </message>
    <message>
        <location filename="../catalogue.py"/>
        <source>writing the report</source>
        <translation>生成报告</translation>
    </message>
    <message>
        <location filename="../expressions.py"/>
        <source>ecoval_per_ha('gep'): value per hectare of the unit, CNY/ha.</source>
        <translation>ecoval_per_ha('gep')：单元每公顷价值，元/公顷。</translation>
    </message>
    <message>
        <location filename="../expressions.py"/>
        <source>ecoval_rank('gep'): place of the unit, 1 for the largest.</source>
        <translation>ecoval_rank('gep')：单元名次，最大者为 1。</translation>
    </message>
    <message>
        <location filename="../expressions.py"/>
        <source>ecoval_value('water_retention'): value of a service of the unit, CNY; also gep, regulating and other columns.</source>
        <translation>ecoval_value('water_retention')：单元某项服务的价值，元；也可用 gep、regulating 等列。</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>1 Data</source>
        <translation>1 数据</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>1 Data  ({count} layers)</source>
        <translation>1 数据（{count} 个图层）</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>2 Units</source>
        <translation>2 范围</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>3 Services</source>
        <translation>3 服务</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>4 Output</source>
        <translation>4 输出</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Advanced dialog…</source>
        <translation>高级对话框…</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>All</source>
        <translation>全部</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>All {count}</source>
        <translation>全部 {count}</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Ask the engine about everything without computing.</source>
        <translation>由引擎检查全部内容，不作计算。</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Classes</source>
        <translation>对照表</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Clear</source>
        <translation>清除</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Click</source>
        <translation>点选</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Click corners, close with the right button: the area is computed by itself.</source>
        <translation>单击各角点，右键闭合：单独核算该范围。</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Click units on the map; Shift adds, a drag takes a box.</source>
        <translation>在地图上点选单元；Shift 添加，拖动为框选。</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Compute at each click</source>
        <translation>点选即算</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Compute the account (Ctrl+Enter).</source>
        <translation>开始核算（Ctrl+Enter）。</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Copy as Python</source>
        <translation>复制为 Python</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Copy as batch row</source>
        <translation>复制为批处理行</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Copy as command; advanced dialog; diagnostic information.</source>
        <translation>复制为命令；高级对话框；诊断信息。</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Copy as qgis_process command</source>
        <translation>复制为 qgis_process 命令</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Copy diagnostic information</source>
        <translation>复制诊断信息</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Draw</source>
        <translation>手绘</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Draw around the units with the mouse button held.</source>
        <translation>按住鼠标在单元周围画圈。</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Drawn area</source>
        <translation>手绘范围</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Each selection is computed at once and takes the place of the one before; the report is written when asked for.</source>
        <translation>每次选择立即核算，结果替换上一次；报告在需要时再生成。</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Full check</source>
        <translation>完整检查</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Further inputs</source>
        <translation>其他输入</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Grey services lack an input: see their tooltip.</source>
        <translation>灰色的服务缺少输入，见其提示。</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Lacks: {names}</source>
        <translation>缺少：{names}</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Lasso</source>
        <translation>套索</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Nothing selected.</source>
        <translation>不选任何单元。</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Own parameters</source>
        <translation>自有参数</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Prices</source>
        <translation>价格</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Prices of</source>
        <translation>价格年</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Region of the numbers</source>
        <translation>参数地区</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Selected</source>
        <translation>选中</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Selected {count}</source>
        <translation>选中 {count}</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Statistics</source>
        <translation>统计量</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Stop the run; nothing is loaded.</source>
        <translation>停止运行；不加载任何结果。</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>Tick all that have their inputs</source>
        <translation>勾选输入齐全的全部服务</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>code</source>
        <translation>代码</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>lacks {count} inputs</source>
        <translation>缺 {count} 项输入</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>lacks {names}</source>
        <translation>缺{names}</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>name</source>
        <translation>名称</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>not said</source>
        <translation>未指定</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>own table</source>
        <translation>自有对照表</translation>
    </message>
    <message>
        <location filename="../gui/account.py"/>
        <source>▶ Run</source>
        <translation>▶ 运行</translation>
    </message>
    <message>
        <location filename="../gui/areas.py"/>
        <source>{hectares} ha · {mu} mu · {count} polygons</source>
        <translation>{hectares} ha · {mu} 亩 · {count} 块</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>1 Footprint</source>
        <translation>1 占用范围</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>4 Candidate parcels</source>
        <translation>4 候选补偿地块</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>5 Balance</source>
        <translation>5 结余表</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>All alternatives side by side.</source>
        <translation>并列比较各方案。</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Assess the loss</source>
        <translation>评估影响</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Compute the gains</source>
        <translation>计算增益</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Footprints</source>
        <translation>占用范围</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Loss, and what every parcel gives; then ticks are only sums.</source>
        <translation>计算损失和每个地块的增益；此后勾选只是求和。</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>New project</source>
        <translation>新项目</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Open a project.toml: footprints, candidates, rules, records.</source>
        <translation>打开 project.toml：占用范围、候选地块、规则与记录。</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Opening {path} …</source>
        <translation>正在打开 {path} …</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Open…</source>
        <translation>打开…</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Parcels</source>
        <translation>候选地块</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Polygons with candidate_id, kind_now, kind_target and costs.</source>
        <translation>含 candidate_id、kind_now、kind_target 和成本的面要素。</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Project file</source>
        <translation>项目文件</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Save as…</source>
        <translation>另存…</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Statement</source>
        <translation>评估表</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Suggest</source>
        <translation>建议组合</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>The engine judges the ticked parcels and writes the statement.</source>
        <translation>由引擎核定勾选的地块并写出评估表。</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>The parcels that balance at least cost.</source>
        <translation>以最低成本实现平衡的地块。</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>What the footprint takes from every service.</source>
        <translation>占用使各项服务损失多少。</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>Write what is set here as project.toml, for ecoval offset assess.</source>
        <translation>把此处的设置写成 project.toml，供 ecoval offset assess 使用。</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>with absolute paths</source>
        <translation>使用绝对路径</translation>
    </message>
    <message>
        <location filename="../gui/balance.py"/>
        <source>with paths relative to the file</source>
        <translation>使用相对于该文件的路径</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>3 Rules and records</source>
        <translation>3 规则与记录</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>A suggestion takes a parcel as a whole or not at all.</source>
        <translation>建议组合对每个地块要么整块采用，要么不用。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Avoid</source>
        <translation>避免</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Chosen</source>
        <translation>选定方案</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Ecological red line: overlaps of the footprint are listed.</source>
        <translation>生态保护红线：列出占用范围与其重叠的面积。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>GeoPackage of debits and credits of all projects: no parcel is used twice.</source>
        <translation>记录各项目占用与补充的 GeoPackage：同一地块不会重复使用。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Granted land</source>
        <translation>已许可用地</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Irreplaceable kinds</source>
        <translation>不可替代类型</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Land promised to other projects: parcels on it cannot serve.</source>
        <translation>已许给其他项目的土地：其上的地块不能用于补偿。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Land that cannot serve</source>
        <translation>不能使用的土地</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Land that counts for {regime}; fields kind, quantity and grade are read where they exist.</source>
        <translation>计入{regime}的土地；若有字段 kind、quantity、grade 则读取。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Land that nothing makes up for: a footprint on it cannot be offset.</source>
        <translation>不可补偿的区域：占用范围触及即不可补偿。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Ledger</source>
        <translation>台账</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Like for like</source>
        <translation>同类补偿</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Measures</source>
        <translation>减缓措施表</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Minimise</source>
        <translation>最小化</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Name of the project, the title of the statement.</source>
        <translation>项目名称，即评估表的标题。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>No-go land</source>
        <translation>不可补偿区域</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Parcels on it give nothing additional unless the field additionality says why.</source>
        <translation>其上的地块没有额外增益，除非字段 additionality 说明理由。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Protected land</source>
        <translation>受保护土地</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Provided</source>
        <translation>补充清单</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Record</source>
        <translation>记录</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Red line</source>
        <translation>生态保护红线</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Rules by file</source>
        <translation>规则文件</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Spatial rule</source>
        <translation>空间规则</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Statutory rules</source>
        <translation>法定规则</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Table candidate_id, regime, kind, quantity, uom: what is provided for the balances by law.</source>
        <translation>表：candidate_id、regime、kind、quantity、uom，即用于法定占补的补充内容。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Table ecosystem_type, band: which kinds make up for which. Empty: the same broad type.</source>
        <translation>表：ecosystem_type、band，规定哪些类型可互相补偿。留空：同一大类。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Table ecosystem_type: kinds that cannot be offset.</source>
        <translation>表：ecosystem_type，不可补偿的类型。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Table patch_id, option_id, area_factor, loss_factor, cost: what lessens the loss on the spot.</source>
        <translation>表：patch_id、option_id、area_factor、loss_factor、cost，即就地减小损失的措施。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Table regime, kind, uom, ratio, accepts, clause: balances by law, each by itself.</source>
        <translation>表：regime、kind、uom、ratio、accepts、clause，法定占补，逐项单独核定。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Table service, area_kind, same, neighbour, elsewhere. Empty: the packaged one.</source>
        <translation>表：service、area_kind、same、neighbour、elsewhere。留空：用内置规则。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Tables</source>
        <translation>表格</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>The alternative that is balanced; the others show that avoiding was examined.</source>
        <translation>参与平衡的方案；其余方案说明“避免”已经比选。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>The statement of a project that balances is written into the ledger.</source>
        <translation>项目平衡时，评估结果记入台账。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Why there are no further measures; needed where no table of measures is given.</source>
        <translation>为何没有进一步的措施；未给减缓措施表时必填。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>Why this alternative, or why there is no other: without it nothing can be assessed.</source>
        <translation>为何选此方案，或为何没有其他方案：缺此则不可评估。</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>book a balance</source>
        <translation>平衡时记账</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>reason, in words</source>
        <translation>用文字写明理由</translation>
    </message>
    <message>
        <location filename="../gui/balance_records.py"/>
        <source>whole parcels only</source>
        <translation>只用整块地块</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source> years</source>
        <translation> 年</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>2 Data and parameters</source>
        <translation>2 数据与参数</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>Areas</source>
        <translation>平衡区域</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>Field of the area codes.</source>
        <translation>区域代码字段。</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>For which kind of area of the spatial rule the layer is used.</source>
        <translation>该图层用于空间规则中的哪一类区域。</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>Polygons within which each service must balance.</source>
        <translation>各项服务须在其内各自平衡的多边形。</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>Rate</source>
        <translation>折现率</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>Ratio</source>
        <translation>倍率</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>Study</source>
        <translation>核算项目</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>The account tab is not complete: {reason}</source>
        <translation>核算页不完整：{reason}</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>Use the account tab</source>
        <translation>采用核算页的数据</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>Write the layers of the account tab as a study and use it.</source>
        <translation>把核算页的图层写成核算项目并采用。</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>all kinds</source>
        <translation>所有类别</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>everywhere</source>
        <translation>不分区域</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>hash of the rules</source>
        <translation>规则哈希</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>packaged; every number is a parameter</source>
        <translation>内置；各数值均为参数</translation>
    </message>
    <message>
        <location filename="../gui/balance_rules.py"/>
        <source>study.toml of the account: its models and prices say what the land gives.</source>
        <translation>核算项目的 study.toml：其模型和价格说明土地提供多少服务。</translation>
    </message>
    <message>
        <location filename="../gui/balance_state.py"/>
        <source>A run is going on.</source>
        <translation>正在运行。</translation>
    </message>
    <message>
        <location filename="../gui/balance_state.py"/>
        <source>Choose the areas within which the services must balance.</source>
        <translation>请选择各项服务须在其内平衡的区域。</translation>
    </message>
    <message>
        <location filename="../gui/balance_state.py"/>
        <source>Choose the layer of the candidate parcels.</source>
        <translation>请选择候选地块图层。</translation>
    </message>
    <message>
        <location filename="../gui/balance_state.py"/>
        <source>Choose the study, or compute the account once: its models and prices are needed.</source>
        <translation>请选择核算项目（或采用核算页的数据）：需要其模型和价格。</translation>
    </message>
    <message>
        <location filename="../gui/balance_state.py"/>
        <source>Compute the gains first.</source>
        <translation>请先计算增益。</translation>
    </message>
    <message>
        <location filename="../gui/balance_state.py"/>
        <source>Draw a footprint, or choose its layer.</source>
        <translation>请手绘占用范围，或选择其图层。</translation>
    </message>
    <message>
        <location filename="../gui/balance_state.py"/>
        <source>Install the engine first: at the top of this panel.</source>
        <translation>请先安装引擎：见面板顶部。</translation>
    </message>
    <message>
        <location filename="../gui/balance_state.py"/>
        <source>Something was changed: compute the gains again.</source>
        <translation>设置已改动：请重新计算增益。</translation>
    </message>
    <message>
        <location filename="../gui/balance_state.py"/>
        <source>Tick at least one parcel.</source>
        <translation>请至少勾选一个地块。</translation>
    </message>
    <message>
        <location filename="../gui/chart.py"/>
        <source>and {count} more</source>
        <translation>另有 {count} 个</translation>
    </message>
    <message>
        <location filename="../gui/checks.py"/>
        <source>Confirm all</source>
        <translation>全部确认</translation>
    </message>
    <message>
        <location filename="../gui/checks.py"/>
        <source>Guessed: {names}.</source>
        <translation>推测的角色：{names}。</translation>
    </message>
    <message>
        <location filename="../gui/checks.py"/>
        <source>Read as GBK</source>
        <translation>按 GBK 重读</translation>
    </message>
    <message>
        <location filename="../gui/checks.py"/>
        <source>Save project…</source>
        <translation>保存工程…</translation>
    </message>
    <message>
        <location filename="../gui/checks.py"/>
        <source>Set CRS…</source>
        <translation>设置坐标系…</translation>
    </message>
    <message>
        <location filename="../gui/checks.py"/>
        <source>The code {code} stands for several units of {name}: choose another field.</source>
        <translation>代码 {code} 对应 {name} 的多个单元：请改选字段。</translation>
    </message>
    <message>
        <location filename="../gui/checks.py"/>
        <source>The project is not saved: results go to {folder}.</source>
        <translation>工程尚未保存：结果写入 {folder}。</translation>
    </message>
    <message>
        <location filename="../gui/checks.py"/>
        <source>The texts of {name} look broken ({sample}): probably GBK.</source>
        <translation>{name} 的文字疑似乱码（{sample}）：可能是 GBK 编码。</translation>
    </message>
    <message>
        <location filename="../gui/checks.py"/>
        <source>{count} geometries of {name} are invalid: they are repaired in a copy and listed.</source>
        <translation>{name} 有 {count} 个几何无效：将在副本中修复并列出。</translation>
    </message>
    <message>
        <location filename="../gui/checks.py"/>
        <source>{name} cannot be read any more: choose another layer.</source>
        <translation>{name} 已无法读取：请另选图层。</translation>
    </message>
    <message>
        <location filename="../gui/checks.py"/>
        <source>{name} does not overlap the units.</source>
        <translation>{name} 与核算单元不重叠。</translation>
    </message>
    <message>
        <location filename="../gui/checks.py"/>
        <source>{name} has no CRS.</source>
        <translation>{name} 没有坐标系。</translation>
    </message>
    <message>
        <location filename="../gui/checks.py"/>
        <source>{name} is on a network drive: the run will be slower.</source>
        <translation>{name} 在网络驱动器上：运行会较慢。</translation>
    </message>
    <message>
        <location filename="../gui/controller.py"/>
        <source>Choose the field of the unit codes.</source>
        <translation>请选择单元代码字段。</translation>
    </message>
    <message>
        <location filename="../gui/controller.py"/>
        <source>Choose the land cover.</source>
        <translation>请选择土地覆被。</translation>
    </message>
    <message>
        <location filename="../gui/controller.py"/>
        <source>Choose the layer of the units.</source>
        <translation>请选择核算单元图层。</translation>
    </message>
    <message>
        <location filename="../gui/controller.py"/>
        <source>Choose the table of the classes, or a scheme.</source>
        <translation>请选择地类对照表或分类体系。</translation>
    </message>
    <message>
        <location filename="../gui/controller.py"/>
        <source>Draw an area on the map first, or choose all units.</source>
        <translation>请先在地图上手绘范围，或改为全部单元。</translation>
    </message>
    <message>
        <location filename="../gui/controller.py"/>
        <source>No service has all its inputs.</source>
        <translation>没有一项服务的输入齐全。</translation>
    </message>
    <message>
        <location filename="../gui/controller.py"/>
        <source>Nothing is selected: click units on the map, or run all units.</source>
        <translation>没有选中单元：请在地图上点选，或改为全部单元。</translation>
    </message>
    <message>
        <location filename="../gui/controller.py"/>
        <source>One layer has two roles: {first} and {second}.</source>
        <translation>同一图层有两个角色：{first}和{second}。</translation>
    </message>
    <message>
        <location filename="../gui/controller.py"/>
        <source>Roles were guessed (in italics): confirm them first.</source>
        <translation>角色为推测（斜体）：请先确认。</translation>
    </message>
    <message>
        <location filename="../gui/coordinates.py"/>
        <source>Add</source>
        <translation>加入</translation>
    </message>
    <message>
        <location filename="../gui/coordinates.py"/>
        <source>Choose the coordinate reference system.</source>
        <translation>请选择坐标系。</translation>
    </message>
    <message>
        <location filename="../gui/coordinates.py"/>
        <source>Coordinate reference system of these numbers.</source>
        <translation>这些数值所用的坐标系。</translation>
    </message>
    <message>
        <location filename="../gui/coordinates.py"/>
        <source>Footprint from coordinates</source>
        <translation>由坐标生成占用范围</translation>
    </message>
    <message>
        <location filename="../gui/coordinates.py"/>
        <source>Line {number} holds no two numbers: {line}</source>
        <translation>第 {number} 行没有两个数值：{line}</translation>
    </message>
    <message>
        <location filename="../gui/coordinates.py"/>
        <source>One corner per line, x then y, parted by a space or a comma; an empty line begins another polygon.</source>
        <translation>每行一个界址点，先 x（东）后 y（北），用空格或逗号分隔；空行表示另一个多边形。</translation>
    </message>
    <message>
        <location filename="../gui/coordinates.py"/>
        <source>Paste the corners of the footprint.</source>
        <translation>请粘贴占用范围的界址点坐标。</translation>
    </message>
    <message>
        <location filename="../gui/coordinates.py"/>
        <source>The polygon that ends before line {number} crosses itself.</source>
        <translation>第 {number} 行之前的多边形自相交。</translation>
    </message>
    <message>
        <location filename="../gui/coordinates.py"/>
        <source>The polygon that ends before line {number} has fewer than three corners.</source>
        <translation>第 {number} 行之前的多边形不足三个界址点。</translation>
    </message>
    <message>
        <location filename="../gui/coordinates.py"/>
        <source>These numbers are no degrees: choose the projected system they are in.</source>
        <translation>这些数值不是度：请选择其所在的投影坐标系。</translation>
    </message>
    <message>
        <location filename="../gui/coordinates.py"/>
        <source>Tick it where a line holds X (north) before Y (east), as in survey results.</source>
        <translation>若每行先 X（北）后 Y（东），如勘测定界成果，请勾选。</translation>
    </message>
    <message>
        <location filename="../gui/coordinates.py"/>
        <source>the first number is the one to the north</source>
        <translation>第一个数值为北坐标（X）</translation>
    </message>
    <message>
        <location filename="../gui/dock.py"/>
        <source>Ecoval ecosystem value</source>
        <translation>Ecoval 生态价值核算</translation>
    </message>
    <message>
        <location filename="../gui/dock.py"/>
        <source>Engine</source>
        <translation>引擎</translation>
    </message>
    <message>
        <location filename="../gui/dock.py"/>
        <source>Help</source>
        <translation>帮助</translation>
    </message>
    <message>
        <location filename="../gui/dock.py"/>
        <source>Options</source>
        <translation>选项</translation>
    </message>
    <message>
        <location filename="../gui/dock.py"/>
        <source>absent</source>
        <translation>未安装</translation>
    </message>
    <message>
        <location filename="../gui/dock.py"/>
        <source>busy</source>
        <translation>忙碌</translation>
    </message>
    <message>
        <location filename="../gui/dock.py"/>
        <source>crashed</source>
        <translation>已崩溃</translation>
    </message>
    <message>
        <location filename="../gui/dock.py"/>
        <source>does not answer</source>
        <translation>无响应</translation>
    </message>
    <message>
        <location filename="../gui/dock.py"/>
        <source>not started</source>
        <translation>未启动</translation>
    </message>
    <message>
        <location filename="../gui/dock.py"/>
        <source>other version</source>
        <translation>版本不符</translation>
    </message>
    <message>
        <location filename="../gui/dock.py"/>
        <source>ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <location filename="../gui/dock.py"/>
        <source>starting</source>
        <translation>启动中</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>Afterwards</source>
        <translation>建设后类型</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>Alternative</source>
        <translation>方案</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>Balance alternative {name}; the others are compared with it.</source>
        <translation>评定方案 {name}；其余方案与之比较。</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>CRS of {path}</source>
        <translation>{path} 的坐标系</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>Click corners, close with the right button.</source>
        <translation>单击各角点，右键闭合。</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>Coordinates…</source>
        <translation>坐标…</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>Ecosystem type after the works; for all footprints, unless the layer says it.</source>
        <translation>建设后的生态系统类型；适用于所有占用地块，除非按图层字段。</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>File…</source>
        <translation>文件…</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>Footprint</source>
        <translation>占用范围</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>GeoPackage, shapefile, GeoJSON or DXF with polygons.</source>
        <translation>含面要素的 GeoPackage、shapefile、GeoJSON 或 DXF。</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>New alternative: a copy of the chosen one, whose polygons can then be edited.</source>
        <translation>新方案：复制当前方案，其面要素随后可编辑。</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>No footprint yet: draw one, or choose its layer.</source>
        <translation>尚无占用范围：请手绘或选择图层。</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>Paste the corners as text, with their CRS.</source>
        <translation>粘贴界址点坐标文本并选择坐标系。</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>Polygons that are occupied, one or more per alternative.</source>
        <translation>占用的面要素，每个方案一个或多个。</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>The layer has no CRS: its area is not known.</source>
        <translation>图层没有坐标系，无法得知面积。</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>as the layer says (after_class)</source>
        <translation>按图层字段 after_class</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>granted land</source>
        <translation>已许土地</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>no-go land</source>
        <translation>禁建地</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>protected land</source>
        <translation>受保护土地</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>red line</source>
        <translation>生态保护红线</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>{name}: not compared (no layer, or without CRS)</source>
        <translation>{name}：未比较（没有图层，或没有坐标系）</translation>
    </message>
    <message>
        <location filename="../gui/footprints.py"/>
        <source>{path} holds no polygons. Close its lines, or export it as polygons.</source>
        <translation>{path} 不含面要素。请闭合线条或导出为面。</translation>
    </message>
    <message>
        <location filename="../gui/maptools.py"/>
        <source>Drawn area {number}</source>
        <translation>手绘范围 {number}</translation>
    </message>
    <message>
        <location filename="../gui/maptools.py"/>
        <source>Drawn areas</source>
        <translation>手绘范围</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>? With high losses and low gains the verdict turns: {services}.</source>
        <translation>? 取高损失、低增益时结论改变：{services}。</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>Gain</source>
        <translation>补偿</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>Live sums → confirmed by the engine ✔</source>
        <translation>即时合计 → 引擎核定 ✔</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>Live sums → the engine is asked …</source>
        <translation>即时合计 → 引擎核定中…</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>Loss
required</source>
        <translation>损失
要求</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>Loss {debit}, required {required} {uom}</source>
        <translation>损失 {debit}，要求 {required} {uom}</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>Losses are known; compute the gains to tick parcels.</source>
        <translation>损失已知；计算增益后即可勾选地块。</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>Net</source>
        <translation>净</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>Net = gain − required.</source>
        <translation>净 = 补偿 − 要求。</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>Net is {share} of what is required.</source>
        <translation>裕度：净值为要求的 {share}。</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>Nothing is required here.</source>
        <translation>此处无要求。</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>Service · area</source>
        <translation>服务 · 区域</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>Statutory balances</source>
        <translation>法定占补</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>Statutory balances not examined: the project names no table of rules.</source>
        <translation>未核法定占补：项目未给出法定规则表。</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>cautious</source>
        <translation>谨慎</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>follow with the loss.</source>
        <translation>随影响评估给出。</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>mid {mid}, low {low}, high {high}</source>
        <translation>中值 {mid}，低 {low}，高 {high}</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>none is touched.</source>
        <translation>未涉及。</translation>
    </message>
    <message>
        <location filename="../gui/net.py"/>
        <source>… and {count} more reasons, in the statement.</source>
        <translation>……另有 {count} 条理由，见评估表。</translation>
    </message>
    <message>
        <location filename="../gui/opening.py"/>
        <source>The run {folder} has no results that can be read.</source>
        <translation>运行 {folder} 没有可读取的结果。</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>As QGIS</source>
        <translation>与 QGIS 一致</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>Empty all fields of this page.</source>
        <translation>清空本页各项。</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>Language (after a restart)</source>
        <translation>语言（重启后生效）</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>Not installed. Folder of the plugin's own environment: {path}</source>
        <translation>未安装。插件自建环境的文件夹：{path}</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>Package index</source>
        <translation>软件包索引</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>Proxy</source>
        <translation>代理</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>Python with ecoval</source>
        <translation>装有 ecoval 的 Python</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>Reset</source>
        <translation>重置</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>Start the engine and show its versions.</source>
        <translation>启动引擎并显示版本。</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>Starting…</source>
        <translation>正在启动…</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>Verify the engine</source>
        <translation>验证引擎</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>ecoval {version}, Python {python} in {path} ({kind}). {packages}</source>
        <translation>ecoval {version}，Python {python}，位于 {path}（{kind}）。{packages}</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>environment variable ECOVAL_PYTHON</source>
        <translation>环境变量 ECOVAL_PYTHON</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>made by the plugin</source>
        <translation>插件自建</translation>
    </message>
    <message>
        <location filename="../gui/options.py"/>
        <source>this page</source>
        <translation>本页设置</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>Click parcels on the map to tick or untick them.</source>
        <translation>在地图上单击地块以勾选或取消。</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>Cost
10⁴ CNY</source>
        <translation>成本
万元</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>Cost with the fixed cost, present value.</source>
        <translation>含固定成本，现值。</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>Distance to the nearest footprint of the chosen alternative, edge to edge, on the ellipsoid.</source>
        <translation>到选定方案最近占用地块的距离，边到边，按椭球计算。</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>Gain of {service}, {uom}, at mid values, over all areas.</source>
        <translation>{service} 的增益，{uom}，中值，各区域合计。</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>No gains yet.</source>
        <translation>尚未计算增益。</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>No parcel is chosen.</source>
        <translation>不选任何地块。</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>Parcel</source>
        <translation>地块</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>Tick on the map</source>
        <translation>在图上勾选</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>Type</source>
        <translation>类型</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>Type now → type after the measure.</source>
        <translation>现状类型 → 实施后类型。</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>Untick all</source>
        <translation>全部取消</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>{count} excluded, with their reason</source>
        <translation>剔除 {count} 个（附原因）</translation>
    </message>
    <message>
        <location filename="../gui/parcels.py"/>
        <source>{count} of {all} ticked · {area} ha · {cost}</source>
        <translation>已勾选 {count} / {all} · {area} ha · {cost}</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>A page with a map per unit.</source>
        <translation>每个单元一页地图。</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>All services as CSV…</source>
        <translation>全部服务另存为 CSV…</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Chart</source>
        <translation>图</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Chart as PNG or SVG…</source>
        <translation>图另存为 PNG 或 SVG…</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Colour the units by the chosen column.</source>
        <translation>按所选列给单元着色。</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Colours</source>
        <translation>着色</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Equal intervals</source>
        <translation>等间距</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Largest service</source>
        <translation>最大项</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Map atlas (PDF)</source>
        <translation>地图册（PDF）</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Natural breaks</source>
        <translation>自然断点</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Not in the total: {number} indicators, see the notes.</source>
        <translation>合计未包含 {number} 项指标，见说明。</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Notes</source>
        <translation>说明</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Open the folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Open the report of this run.</source>
        <translation>打开本次运行的报告。</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Quantiles</source>
        <translation>分位数</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Report</source>
        <translation>报告</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Subtotal</source>
        <translation>小计</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Table</source>
        <translation>表</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Table as CSV…</source>
        <translation>表另存为 CSV…</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Tables, workbook, chart, folder.</source>
        <translation>表格、工作簿、图、文件夹。</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>The engine does not answer: the classes stay as they are.</source>
        <translation>引擎没有应答：分级保持不变。</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Unit</source>
        <translation>单元</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Valid</source>
        <translation>有效</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>Workbook (XLSX)…</source>
        <translation>工作簿（XLSX）…</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>year {year}</source>
        <translation>{year} 年</translation>
    </message>
    <message>
        <location filename="../gui/results.py"/>
        <source>{count} units</source>
        <translation>{count} 个单元</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>Compute the same study again in a new folder.</source>
        <translation>在新文件夹中重新计算同一核算项目。</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>Inputs</source>
        <translation>输入</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>Load the layers of the run.</source>
        <translation>加载该运行的图层。</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>Look again.</source>
        <translation>重新查找。</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>No run yet: compute an account, or choose another folder.</source>
        <translation>还没有运行：请先核算，或选择其他文件夹。</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>Open</source>
        <translation>打开</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>Other folder…</source>
        <translation>其他文件夹…</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>Refresh</source>
        <translation>刷新</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>Run again</source>
        <translation>重新运行</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>Runs beside the project and in the home folder. Choose one; a double click opens it on the map.</source>
        <translation>工程旁和用户主目录中的运行。先选择一次运行；双击在地图上打开。</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>Show a run that lies elsewhere.</source>
        <translation>显示位于别处的运行。</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>changed: {count}</source>
        <translation>已变：{count}</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>missing: {count}</source>
        <translation>缺失：{count}</translation>
    </message>
    <message>
        <location filename="../gui/runs.py"/>
        <source>same size</source>
        <translation>大小一致</translation>
    </message>
    <message>
        <location filename="../gui/setup.py"/>
        <source>A Python &gt;= 3.11 that has ecoval.</source>
        <translation>装有 ecoval 的 Python（3.11 及以上）。</translation>
    </message>
    <message>
        <location filename="../gui/setup.py"/>
        <source>Choose an existing one</source>
        <translation>选择已有</translation>
    </message>
    <message>
        <location filename="../gui/setup.py"/>
        <source>Folder of wheels (with manifest.json)</source>
        <translation>离线安装包文件夹（含 manifest.json）</translation>
    </message>
    <message>
        <location filename="../gui/setup.py"/>
        <source>Install from a folder</source>
        <translation>从文件夹安装</translation>
    </message>
    <message>
        <location filename="../gui/setup.py"/>
        <source>Install online</source>
        <translation>联网安装</translation>
    </message>
    <message>
        <location filename="../gui/setup.py"/>
        <source>Make an environment of its own from the package index.</source>
        <translation>从软件包索引建立独立环境。</translation>
    </message>
    <message>
        <location filename="../gui/setup.py"/>
        <source>Stop and remove what is half made.</source>
        <translation>停止并删除未完成的部分。</translation>
    </message>
    <message>
        <location filename="../gui/setup.py"/>
        <source>The engine is not installed. It computes beside QGIS, in an environment of its own (about 800 MB).</source>
        <translation>引擎未安装。引擎在 QGIS 之外的独立环境中计算（约 800 MB）。</translation>
    </message>
    <message>
        <location filename="../gui/setup.py"/>
        <source>The engine that was found cannot be used; see the log, or choose another one.</source>
        <translation>找到的引擎无法使用：见日志，或另选一个。</translation>
    </message>
    <message>
        <location filename="../gui/setup.py"/>
        <source>Without a network: the folder of wheels.</source>
        <translation>无网络时使用：离线安装包文件夹。</translation>
    </message>
    <message>
        <location filename="../gui/window.py"/>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <location filename="../gui/window.py"/>
        <source>Ecoval role</source>
        <translation>ecoval 角色</translation>
    </message>
    <message>
        <location filename="../gui/window.py"/>
        <source>Finished: {folder}</source>
        <translation>完成：{folder}</translation>
    </message>
    <message>
        <location filename="../gui/window.py"/>
        <source>GEP account</source>
        <translation>核算 GEP</translation>
    </message>
    <message>
        <location filename="../gui/window.py"/>
        <source>Open the sample project</source>
        <translation>打开示例工程</translation>
    </message>
    <message>
        <location filename="../gui/window.py"/>
        <source>Project balance</source>
        <translation>项目平衡</translation>
    </message>
    <message>
        <location filename="../gui/window.py"/>
        <source>Restart</source>
        <translation>重启</translation>
    </message>
    <message>
        <location filename="../gui/window.py"/>
        <source>Runs</source>
        <translation>运行记录</translation>
    </message>
    <message>
        <location filename="../gui/window.py"/>
        <source>Show</source>
        <translation>查看</translation>
    </message>
    <message>
        <location filename="../gui/window.py"/>
        <source>The engine does not answer.</source>
        <translation>引擎无响应。</translation>
    </message>
    <message>
        <location filename="../gui/window.py"/>
        <source>Wait</source>
        <translation>再等</translation>
    </message>
    <message>
        <location filename="../gui/window.py"/>
        <source>{errors} errors, {warnings} warnings.</source>
        <translation>{errors} 个错误，{warnings} 个警告。</translation>
    </message>
    <message>
        <location filename="../inputs.py"/>
        <source>Nothing is selected in {name}. Select units on the map, or run all units.</source>
        <translation>{name} 中没有选中要素。请在地图上选择单元，或改为全部单元。</translation>
    </message>
    <message>
        <location filename="../inputs.py"/>
        <source>The field {field} of {name} holds broken text ({value}). Read the file again with the encoding GBK.</source>
        <translation>{name} 的字段 {field} 含乱码（{value}）。请按 GBK 编码重新读取该文件。</translation>
    </message>
    <message>
        <location filename="../inputs.py"/>
        <source>The folder {path} cannot be written ({reason}). Choose another run folder.</source>
        <translation>文件夹 {path} 无法写入（{reason}）。请另选运行文件夹。</translation>
    </message>
    <message>
        <location filename="../inputs.py"/>
        <source>The raster {value} of {name} cannot be opened. Check the path, or choose the layer again.</source>
        <translation>{name} 的栅格 {value} 无法打开。请检查路径，或重新选择图层。</translation>
    </message>
    <message>
        <location filename="../inputs.py"/>
        <source>left out</source>
        <translation>略去</translation>
    </message>
    <message>
        <location filename="../inputs.py"/>
        <source>repaired</source>
        <translation>修复</translation>
    </message>
    <message>
        <location filename="../inputs.py"/>
        <source>{count} geometries of {name} are invalid: {units}. Repair them, or choose fix or skip.</source>
        <translation>{name} 有 {count} 个几何无效：{units}。请先修复，或选择 fix 或 skip。</translation>
    </message>
    <message>
        <location filename="../inputs.py"/>
        <source>{count} invalid geometries of {name} were {verb}: {units}.</source>
        <translation>{name} 的 {count} 个无效几何已{verb}：{units}。</translation>
    </message>
    <message>
        <location filename="../inputs.py"/>
        <source>{name} has no CRS. Set it: layer properties, Source, Assigned coordinate reference system.</source>
        <translation>{name} 没有坐标系。请设置：图层属性，源，指定坐标参考系。</translation>
    </message>
    <message>
        <location filename="../inputs.py"/>
        <source>{name} holds no feature.</source>
        <translation>{name} 没有要素。</translation>
    </message>
    <message>
        <location filename="../inputs.py"/>
        <source>{name} is shown as {shown}, but its file says {found}. Reproject the layer instead of assigning another CRS.</source>
        <translation>{name} 显示为 {shown}，而文件声明为 {found}。请重投影图层，不要改指定坐标系。</translation>
    </message>
    <message>
        <location filename="../inputs.py"/>
        <source>{path} cannot be written: {reason}</source>
        <translation>{path} 无法写入：{reason}</translation>
    </message>
    <message>
        <location filename="../legend.py"/>
        <source>/person</source>
        <translation>/人</translation>
    </message>
    <message>
        <location filename="../legend.py"/>
        <source>billion CNY</source>
        <translation>十亿元</translation>
    </message>
    <message>
        <location filename="../legend.py"/>
        <source>million CNY</source>
        <translation>百万元</translation>
    </message>
    <message>
        <location filename="../legend.py"/>
        <source>not given</source>
        <translation>未给出</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>Net by area</source>
        <translation>分区结余</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>Zones of influence</source>
        <translation>影响区</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>balanced</source>
        <translation>平衡</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>balanced in value only</source>
        <translation>仅价值量平衡</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>cannot be assessed</source>
        <translation>无法评定</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>cannot be offset</source>
        <translation>不可补偿</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>chosen</source>
        <translation>已选</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>coast</source>
        <translation>海岸</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>cropland</source>
        <translation>耕地</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>dry field</source>
        <translation>旱地</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>every service in every area</source>
        <translation>各服务各区域实物量</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>excluded</source>
        <translation>已剔除</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>forest land</source>
        <translation>林地</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>gap in time</source>
        <translation>时间缺口</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>grade × m²</source>
        <translation>等级·m²</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>irrigated field</source>
        <translation>水浇地</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>lake</source>
        <translation>湖泊</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>lasts as long as the impact</source>
        <translation>补偿持久性</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>like for like</source>
        <translation>同类补偿</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>met</source>
        <translation>满足</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>no parcel used twice</source>
        <translation>无重复使用</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>not balanced</source>
        <translation>不平衡</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>not chosen</source>
        <translation>未选</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>order avoid, minimise recorded</source>
        <translation>避免、最小化有记录</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>paddy field</source>
        <translation>水田</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>pond</source>
        <translation>坑塘</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>reservoir</source>
        <translation>水库</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>river</source>
        <translation>河流</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>sea area</source>
        <translation>海域</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>shoreline</source>
        <translation>岸线</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>short</source>
        <translation>不足</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>statutory balances</source>
        <translation>法定占补</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>travel catchment</source>
        <translation>旅行圈</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>value</source>
        <translation>价值量</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>water surface</source>
        <translation>水域</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>watershed</source>
        <translation>流域</translation>
    </message>
    <message>
        <location filename="../offsets.py"/>
        <source>wetland</source>
        <translation>湿地</translation>
    </message>
    <message>
        <location filename="../outputs.py"/>
        <source>GEP of the units</source>
        <translation>单元 GEP</translation>
    </message>
    <message>
        <location filename="../outputs.py"/>
        <source>Services</source>
        <translation>分项服务</translation>
    </message>
    <message>
        <location filename="../outputs.py"/>
        <source>The result {path} cannot be read.</source>
        <translation>结果 {path} 无法读取。</translation>
    </message>
    <message>
        <location filename="../outputs.py"/>
        <source>{name} (hatched: not comparable)</source>
        <translation>{name}（斜线：不可比较）</translation>
    </message>
    <message>
        <location filename="../projects.py"/>
        <source>AFTER_CLASS is not given, and the footprints have no field after_class.</source>
        <translation>未给 AFTER_CLASS，占用图层也没有 after_class 字段。</translation>
    </message>
    <message>
        <location filename="../projects.py"/>
        <source>LANDCOVER without SERVICESHEDS: give the polygons within which the services are counted.</source>
        <translation>给出 LANDCOVER 但缺少 SERVICESHEDS：请给出服务平衡区域。</translation>
    </message>
    <message>
        <location filename="../projects.py"/>
        <source>LANDCOVER without YEAR: say of which year the layers are.</source>
        <translation>给出 LANDCOVER 但缺少 YEAR：请说明图层年份。</translation>
    </message>
    <message>
        <location filename="../projects.py"/>
        <source>Neither PROJECT nor FOOTPRINT is given: nothing is occupied.</source>
        <translation>既未给 PROJECT 也未给 FOOTPRINT：没有占用范围。</translation>
    </message>
    <message>
        <location filename="../projects.py"/>
        <source>Neither PROJECT nor STUDY nor LANDCOVER is given: nothing says what the land gives now.</source>
        <translation>PROJECT、STUDY、LANDCOVER 均未给出：无法得知土地现有服务。</translation>
    </message>
    <message>
        <location filename="../projects.py"/>
        <source>The layers of EXCLUDE have different CRS: {first}, {other}.</source>
        <translation>EXCLUDE 的图层坐标系不同：{first}、{other}。</translation>
    </message>
    <message>
        <location filename="../projects.py"/>
        <source>{name}: {text} is neither a field of the layer nor a number.</source>
        <translation>{name}：{text} 既不是图层字段也不是数字。</translation>
    </message>
    <message>
        <location filename="../projects.py"/>
        <source>{path} is no project file, and beside it there is no project.toml.</source>
        <translation>{path} 不是项目文件，同一文件夹中也没有 project.toml。</translation>
    </message>
    <message>
        <location filename="../provider.py"/>
        <source>Ecoval: gross ecosystem product per spatial unit</source>
        <translation>Ecoval：按空间单元核算生态产品总值</translation>
    </message>
    <message>
        <location filename="../records.py"/>
        <source>Account</source>
        <translation>核算名称</translation>
    </message>
    <message>
        <location filename="../records.py"/>
        <source>Computed by</source>
        <translation>计算</translation>
    </message>
    <message>
        <location filename="../records.py"/>
        <source>Not in the total</source>
        <translation>合计未包含</translation>
    </message>
    <message>
        <location filename="../records.py"/>
        <source>Remark</source>
        <translation>备注</translation>
    </message>
    <message>
        <location filename="../records.py"/>
        <source>Status</source>
        <translation>状态</translation>
    </message>
    <message>
        <location filename="../records.py"/>
        <source>Status of the numbers</source>
        <translation>数值状态</translation>
    </message>
    <message>
        <location filename="../records.py"/>
        <source>Total</source>
        <translation>合计</translation>
    </message>
    <message>
        <location filename="../remembered.py"/>
        <source>A later version of the plugin wrote this QGIS project: format {found}, expected at most {expected}. Update the plugin.</source>
        <translation>该 QGIS 工程由更新版本的插件写出：格式版本为 {found}，本版本最高支持 {expected}。请升级插件。</translation>
    </message>
    <message>
        <location filename="../sample.py"/>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <location filename="../sample.py"/>
        <source>Ecoval sample county</source>
        <translation>Ecoval 示例县</translation>
    </message>
    <message>
        <location filename="../session.py"/>
        <source>Engine time: {seconds} s</source>
        <translation>引擎用时：{seconds} 秒</translation>
    </message>
    <message>
        <location filename="../studies.py"/>
        <source>MEASURES names {role}, which has no layer.</source>
        <translation>MEASURES 中的 {role} 没有图层。</translation>
    </message>
    <message>
        <location filename="../studies.py"/>
        <source>OPTIONS: {name} is not service.option of a known service.</source>
        <translation>OPTIONS：{name} 不是已知服务的 服务.选项。</translation>
    </message>
    <message>
        <location filename="../studies.py"/>
        <source>The classes of the land cover are not said: give a table (code, ecosystem_type), or choose a scheme.</source>
        <translation>没有说明土地覆被的地类：请给出对照表（code, ecosystem_type），或选择分类体系。</translation>
    </message>
    <message>
        <location filename="../studies.py"/>
        <source>The statistics table {path} is not there.</source>
        <translation>找不到统计表 {path}。</translation>
    </message>
    <message>
        <location filename="../studies.py"/>
        <source>{name}: {part} is not of the form key=value.</source>
        <translation>{name}：{part} 不是 key=value 的形式。</translation>
    </message>
    <message>
        <location filename="../studies.py"/>
        <source>{path} stands for two roles: {first} and {second}. Choose another layer for one of them.</source>
        <translation>{path} 用作了两个角色：{first}和{second}。请为其中一个另选图层。</translation>
    </message>
</context>
</TS>
